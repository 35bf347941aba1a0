"""Calls to a provider that speaks another dialect than the caller: translated on the way out and back."""
