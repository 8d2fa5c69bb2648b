"""What transforms and scorers can stand on, so that a simple one says only what it computes."""
