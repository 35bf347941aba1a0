"""The prompt caches of providers, as their documentation describes them.

rules.py       what a model's provider caches: from which length on, in which steps, for how long
segments.py    a prompt as the parts that a cache can end at, each with the key of all up to it
simulation.py  what a cache that saw earlier prompts reads and writes of this one
"""
