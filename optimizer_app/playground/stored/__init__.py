"""Prompts that are stored, to be tried and run again.

sources.py  requests whose texts are kept, and saved examples
sets.py     named sets of saved examples
choices.py  what a draft of a config can be tried on
"""
