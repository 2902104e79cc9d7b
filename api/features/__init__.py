"""What the product does, one folder per noun; the same file names in each."""
