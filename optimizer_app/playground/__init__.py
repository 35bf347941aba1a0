"""Prompts that are tried out: optimized as requests are, and neither stored nor remembered.

prompt.py    what was pasted, as a request body
settings.py  single settings over a config
trial.py     one prompt under several configs
asking.py    a provider asked with it
streams.py   what a provider's stream says
answers.py   what a model said, out of an answer that was kept
comparison.py  one prompt under two configs, side by side
sent.py      what the body that would be sent still says
costs.py     what it costs with several models
stored/      prompts that are stored: kept requests, saved examples, named sets
examples.py  example prompts, those that come with the program and those that a project saved
"""
