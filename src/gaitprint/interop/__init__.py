"""Other toolkits' weights and configurations, read."""
