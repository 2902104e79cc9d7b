"""What knows HTTP and no feature."""
