"""headroom-ai as a library, without the weights of its model for prose, which are on a hub.

`everything`: users' and the newest messages are compressed, too.
"""

import sys

from headroom import compress
from loop import answer_cases

_EVERYTHING = {"compress_user_messages": True, "protect_recent": 0}


def _compressed(case):
    options = _EVERYTHING if "everything" in sys.argv else {}
    result = compress(case["messages"], model="gpt-4o", kompress_model="disabled", **options)
    return {**case, "messages": result.messages}


if __name__ == "__main__":
    answer_cases(_compressed)
