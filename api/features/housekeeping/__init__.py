"""Housekeeping: what has served its time is thrown away, every night."""
