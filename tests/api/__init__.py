"""The API, feature by feature, over HTTP."""
