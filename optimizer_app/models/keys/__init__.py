"""API keys, and tokens of the management API."""
