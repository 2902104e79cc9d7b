"""Money and attribution, proved without a database, a clock or a request."""
