"""One to many: rank-1, average precision, tables by view and condition."""
