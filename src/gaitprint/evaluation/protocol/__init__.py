"""Which comparisons a protocol makes, and what each of them yields."""
