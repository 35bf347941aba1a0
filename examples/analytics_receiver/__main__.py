"""An analytics server of one's own: takes signed events, keeps them in SQLite, and draws a page of them.

Run: EVENTS_SECRET=whsec_... .venv/bin/python -m examples.analytics_receiver

Needs `pip install standardwebhooks`. The secret is the one that the page *Events* shows once, when it is
rotated; enter http://127.0.0.1:9000/events as *Analytics URL* on a project's page. The page is at
http://127.0.0.1:9000/. EVENTS_PORT and EVENTS_DATABASE say otherwise.
"""

import os

from examples.analytics_receiver.server import Receiver
from examples.analytics_receiver.store import EventStore

store = EventStore(os.environ.get("EVENTS_DATABASE", "events.db"))
receiver = Receiver(store, os.environ["EVENTS_SECRET"], int(os.environ.get("EVENTS_PORT", "9000")))
print(f"Events are taken at {receiver.url}/events, and shown at {receiver.url}/", flush=True)
try:
    receiver.serve_forever()
except KeyboardInterrupt:
    print("bye")
