"""Weights for gaitprint's video chain: data only. A card NAME.toml beside each file says what it is."""
