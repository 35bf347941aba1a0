"""The management API under /api/: does what the pages do, by the same use cases.

urls.py            the addresses
view.py            what every collection shares: who asks, pages, errors, idempotency keys
authentication.py  a token of its own, or the session of a page
access.py          what who asks may see and change
pages.py           cursor pages
errors.py          one shape of errors, which name the field
idempotency.py     a repeated POST answers as the first did
documentation.py   the OpenAPI schema, and the page to try it; operations.py  what that page shows
figures/           figures over many requests
collections/       one file a collection: its fields and what can be done with its rows
"""
