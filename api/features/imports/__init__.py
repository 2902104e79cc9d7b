"""Imports: what was exported is put back, into this installation or another."""
