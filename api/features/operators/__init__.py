"""Operators: the people who run the installation, and the log of what they did."""
