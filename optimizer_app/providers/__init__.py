"""Providers of projects: where requests go, with which key, and whether it answers.

addresses.py   where each kind of provider lies, and in which header it takes its key
change.py      adding, changing and removing providers
connection.py  one try whether a provider answers and takes the key
echo.py        what the built-in provider answers
headers.py     headers of its own that it is sent
breaker.py     whether it is asked at all, after it failed
errors.py      why a change was refused
"""
