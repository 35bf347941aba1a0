"""Providers, routes to them, their prices, and how their counts differ from ours."""
