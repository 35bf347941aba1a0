"""Prompt templates: messages with variables, published in versions, rendered by the gateway and the pages.

template.py   what a template is: its messages, its variables, where it is sent
language.py   `{{ name }}` in a text
values.py     values of variables as the texts that stand in their place
rendering.py  a template with values as the body of a request
check.py      what somebody sends as a template, checked
costs.py      tokens of the stable part and of the rest, and what they cost with the provider's cache
publish.py    versions: published, rolled back; drafts.py, history.py, changes.py, create.py as for configs
"""
