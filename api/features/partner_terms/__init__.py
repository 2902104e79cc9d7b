"""Partner terms: what was agreed with one partner in place of a campaign's own terms."""
