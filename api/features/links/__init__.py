"""Links: the short addresses that partners share."""
