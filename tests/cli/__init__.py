"""The operator's commands, tried on real processes."""
