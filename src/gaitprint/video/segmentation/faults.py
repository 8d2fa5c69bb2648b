"""Why a mask is no whole walker, in words that a trace counts: equal faults have equal words, whoever finds them."""

CUT = "cut by the frame's border"
MERGED = "merged with another track"
HIDDEN = "hidden in part by somebody nearer"
SMALL = "too small"
NO_FEET = "feet not in view"
NO_HEAD = "head not in view"
UNSURE = "no person for sure"
