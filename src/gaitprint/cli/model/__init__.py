"""Networks: planned, trained, brought in, used."""
