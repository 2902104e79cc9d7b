"""Domains: host names of a brand's own, proved in the DNS, and how the brand shows there."""
