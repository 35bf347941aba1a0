"""The built-in provider, which answers with what it received: one file for each dialect's shape."""
