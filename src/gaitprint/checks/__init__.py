"""What can be wrong with a data set, found, explained and set aside: the doctor's work."""
