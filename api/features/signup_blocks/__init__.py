"""Sign-up blocks: addresses and domains from which nobody may sign a brand up."""
