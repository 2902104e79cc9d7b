"""Privacy: for how long clicks are kept, and people who want to be forgotten."""
