"""Networks: a clip tensor in, part features out."""
