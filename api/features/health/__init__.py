"""Whether the API lives, whether it is ready, and its figures."""
