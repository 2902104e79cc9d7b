"""What existing clients rely on, as data."""
