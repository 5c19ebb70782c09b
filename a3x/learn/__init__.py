"""Learning: from stored experiences to an adapter that serves. Training itself is another program, a3x.train."""
