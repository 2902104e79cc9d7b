"""What the network hears by the clock: that we are there, and what was paid to its creators."""
