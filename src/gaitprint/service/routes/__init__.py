"""What is asked over HTTP, a file a noun; each says which scope it needs, and none is without."""
