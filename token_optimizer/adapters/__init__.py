"""Adapters for frameworks. Each module imports its framework, and is imported by whoever uses that alone."""
