"""The only writers of disk state. Everything durable goes through one Database or one atomic file."""
