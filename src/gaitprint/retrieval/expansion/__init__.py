"""Who is averaged with whom: clusterings, means, balanced assignment."""
