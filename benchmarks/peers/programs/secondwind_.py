"""secondwind on the whole body; each case is a session of its own."""

import secondwind
from loop import answer_cases


def _compressed(case):
    body = {"model": "gpt-4o", **{name: value for name, value in case.items() if value}}
    with secondwind.Session() as session:
        return session.rewrite(body)["request"]


if __name__ == "__main__":
    answer_cases(_compressed)
