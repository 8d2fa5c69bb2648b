"""What follows people over frames, one a file; see `gaitprint.video.contracts.Tracker`."""
