"""The tables, one file per noun; import from the table's own file."""
