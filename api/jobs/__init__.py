"""Work that happens later, as rows written in the transaction that it follows from."""
