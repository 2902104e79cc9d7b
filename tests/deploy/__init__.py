"""The files that put OpenPartner on a server, followed step by step without a container engine."""
