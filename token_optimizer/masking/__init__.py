"""Secrets and personal data of a prompt, replaced before it is sent and put back into its answer."""
