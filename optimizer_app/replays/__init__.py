"""Stored prompts run through a config, without sending or with; each run is kept, and compared with others.

subjects.py    what prompts can be run through: configs, their versions, one's own drafts
create.py      a new run, and what sending it would cost
work.py        runs what is due, in a Celery worker
texts.py       what the model answered and which directives were lost, sealed
comparison.py  the figures of a run, and of two beside each other
removal.py     stopped, deleted
"""
