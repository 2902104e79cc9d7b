"""The JSON service: features, and the machinery beside them."""
