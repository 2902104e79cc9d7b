"""Notices: the news that webhooks and postbacks carry, written with the change it tells of."""
