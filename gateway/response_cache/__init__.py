"""Answers that are given again to the very same request, where its config wants that."""
