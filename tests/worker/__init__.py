"""The worker as it really runs: processes of its own, other people's servers, and accidents."""
