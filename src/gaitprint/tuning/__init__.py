"""What `tune` tries: pipelines from the simplest to the richest, compared together where they share something."""
