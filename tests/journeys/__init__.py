"""Whole ways through the product, over real sockets: the demo, the tour of the README, a browser."""
