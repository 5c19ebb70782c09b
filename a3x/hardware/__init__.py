"""What the machine has and how busy it is: readings only, decisions are made elsewhere."""
