"""The texts of requests, kept encrypted for the days that their config says.

texts.py      what is kept of one request, as bytes and back
record.py     a sealed capture as one line of the journal
queue.py      seals what answered requests leave, off their path
store.py      from the journal into the database
reading.py    the texts of a request, or why there are none
removal.py    deleted on demand: one request's, or a project's
usage.py      how much a project keeps
retention.py  deleted by age, and beyond a project's size
"""
