"""The agent: from a request to a recorded answer."""
