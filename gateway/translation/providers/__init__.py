"""The APIs of providers: requests written, and what they answer read."""
