"""Servers side by side on cores of their own, and what each request costs them."""
