"""The ladder of small language models trained from scratch; a program of its own, never imported by the daemon."""
