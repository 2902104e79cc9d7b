"""API keys: what programs prove themselves with."""
