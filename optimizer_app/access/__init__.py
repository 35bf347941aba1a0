"""Who is at work, what they did, and who gets into a project.

acting.py       who is at work, for the length of a request
recording.py    entries of the audit log: of changed rows, of logins, of what else is done
middleware.py   both for requests of people
sessions.py     sessions of people: noted, seen, ended
members.py      roles and members
invitations.py  links by which people become members
"""
