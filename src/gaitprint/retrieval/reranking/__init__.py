"""k-reciprocal re-ranking, joint and one probe at a time."""
