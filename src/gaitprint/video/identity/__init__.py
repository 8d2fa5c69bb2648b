"""Who is on which track: evidence of windows, one person a track at a time, nobody where nobody is near enough."""
