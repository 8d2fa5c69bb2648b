"""What networks are built of: convolutions, part pooling, batch norm over processes."""
