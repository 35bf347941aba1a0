"""Cuts towards the soft target, which stop where what is left is likely needed."""
