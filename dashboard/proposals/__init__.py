"""Proposals of tuning: changes of configs with their evidence, to take or to dismiss."""
