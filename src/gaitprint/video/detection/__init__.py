"""What detectors are made of: squares of a frame, anchors, what networks say of boxes, double boxes put away."""
