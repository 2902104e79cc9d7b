"""What a brand does at the network itself: its offerings, whom it might ask, and what it owes there."""
