"""A trained network as embedding needs it: the deploy form, and its fast arithmetic. No torch in here."""
