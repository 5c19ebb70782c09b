"""A³X: a local agent that improves itself on the computer people really have."""

__version__ = "0.1.0"
