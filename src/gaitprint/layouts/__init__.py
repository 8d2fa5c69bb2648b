"""What the layout of a data set is made of: the contract, trees of folders, names, splits."""
