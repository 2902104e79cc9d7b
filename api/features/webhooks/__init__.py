"""Webhooks: brands' servers are told what happened, signed, in order of trying, until they hear it."""
