"""An instance in one file, and an instance made of it.

archive.py   the file: the database, the keys that its secrets are encrypted with, and the journal
database.py  the database that is saved or filled, by the tools of the embedded PostgreSQL
"""
