"""How fast networks embed on this machine, and how well they recognise at that speed."""
