"""Templates smaller than vectors: a reduction (none or PCA), then a packing (float32, float16, int8 or codebooks)."""
