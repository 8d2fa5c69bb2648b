"""From videos to silhouettes, tracks and names."""
