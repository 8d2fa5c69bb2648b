"""Embedding whole stores: by several processes or machines, interrupted at any moment, always to the same bytes."""
