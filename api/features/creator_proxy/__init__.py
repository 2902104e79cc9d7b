"""The way by which creators, who are the network's own people, reach it through this installation."""
