"""Partners: the people who promote, and how they come and go."""
