"""Workspaces: one person, several brands: sign in once, see them, and enter one."""
