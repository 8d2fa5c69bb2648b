"""Training: sampler, loop, checkpoints."""
