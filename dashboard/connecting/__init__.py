"""What to copy into an SDK, an agent or a gateway, so that its requests come here."""
