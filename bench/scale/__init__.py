"""What many clicks in the table cost: two databases side by side, one of them full."""
