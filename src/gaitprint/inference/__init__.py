"""From silhouettes to embeddings with trained networks."""
