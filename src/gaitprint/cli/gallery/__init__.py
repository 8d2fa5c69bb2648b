"""People who are enrolled, and what the templates of many take."""
