"""What the agent remembers of its work: recording now, priorities and recall on top of it."""
