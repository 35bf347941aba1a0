"""Prompts that are tried out: optimized as requests are, and neither stored nor remembered.

prompt.py    what was pasted, as a request body
trial.py     one prompt under several configs
costs.py     what it costs with several models
examples.py  the example prompts that come with the program
"""
