"""What every network is, and the file that holds a trained one."""
