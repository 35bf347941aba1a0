"""Prompt templates and saved examples."""
