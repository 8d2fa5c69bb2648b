"""From a video to silhouettes, tracks and names: readers, detectors, trackers, segmenters, and the chain of them."""
