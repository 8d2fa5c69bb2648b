"""A trained network made at home at one site, by walks of that site, and judged on walks that it did not learn from."""
