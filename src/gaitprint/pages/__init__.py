"""What the commands show: values of a page from the values of the domain."""
