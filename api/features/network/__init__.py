"""Membership in the creator network: whose coordinator, by which token, and how it began."""
