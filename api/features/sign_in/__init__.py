"""Sign-in: links that prove an address, and the sessions that follow from them."""
