"""Who is at work, what they did, and who gets into a project.

acting.py       who is at work, for the length of a request
recording.py    entries of the audit log: of changed rows, of logins, of what else is done
middleware.py   both for requests of people
members.py      roles and members
invitations.py  links by which people become members
"""
