"""What leaves the house, and what must not."""
