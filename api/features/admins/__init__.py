"""Admins: the people who run the program, and how they come and go."""
