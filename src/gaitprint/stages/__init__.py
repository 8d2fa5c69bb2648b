"""The stages: one function each, which the command of the same name calls with the same arguments."""
