"""Fraud rules: which of them a program applies to its clicks, and how strictly."""
