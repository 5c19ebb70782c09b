"""Where anything the model wrote is run: bubblewrap, or not at all."""
