"""Two brands with one of everything, and every way in which one may name what is the other's."""
