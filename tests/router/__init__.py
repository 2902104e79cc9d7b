"""The router over real HTTP, with a real PostgreSQL behind it."""
