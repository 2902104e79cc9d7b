"""Terms: what a campaign pays, kept as it was on the day of each grant."""
