"""Statements: what a partner was owed, earned and paid within a month, to look at and to file."""
