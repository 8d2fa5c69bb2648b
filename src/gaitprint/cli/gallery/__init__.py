"""What the templates of many people take."""
