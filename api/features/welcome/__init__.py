"""Welcome: the few pages that the API serves itself, for people who arrive with a browser."""
