"""Secrets kept from the provider: placeholders on the way out, originals on the way back."""
