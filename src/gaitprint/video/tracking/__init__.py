"""What trackers are made of: how walkers move, how boxes overlap, who looks like whom, who is matched with whom."""
