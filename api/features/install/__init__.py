"""Install: an empty installation gets its first admin."""
