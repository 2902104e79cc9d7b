"""What the network's coordinator has yet to hear: written with the change, told by the worker."""
