"""How fast a durable redirect is, beside baselines that run in turn on the same machine."""
