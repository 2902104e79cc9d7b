"""Sign-up: a brand makes a workspace of its own."""
