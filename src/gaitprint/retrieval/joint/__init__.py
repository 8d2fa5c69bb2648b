"""What many pipelines on the same probes and gallery have in common, computed once."""
