"""Platform sign-in: links that prove an address to the platform, above any workspace."""
