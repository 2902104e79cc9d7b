"""Analytics: the figures that partners and admins look at."""
