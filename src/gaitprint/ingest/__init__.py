"""From files as people have them to the sequences of a store."""
