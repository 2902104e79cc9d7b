"""Letters: what mail looks like, whoever writes it."""
