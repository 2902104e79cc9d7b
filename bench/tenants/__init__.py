"""What many brands on one installation cost each other."""
