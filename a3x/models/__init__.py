"""Which base models a machine can serve, and where to get them: arithmetic, a catalogue, the hub."""
