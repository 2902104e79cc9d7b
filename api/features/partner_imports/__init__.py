"""Partner imports: a list of people becomes partners, row by row."""
