"""The servers of a session: a provider that follows a script, the gateway, and what records between them."""
