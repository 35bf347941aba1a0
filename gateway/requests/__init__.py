"""Requests as they come in: connection, path, body, and the prompt in it."""
