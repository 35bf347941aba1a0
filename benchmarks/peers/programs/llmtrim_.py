"""llmtrim on the whole body, by the preset that the first argument names."""

import json
import sys

import llmtrim
from loop import answer_cases


def _compressed(case):
    body = {"model": "gpt-4o", **{name: value for name, value in case.items() if value}}
    output = llmtrim.compress(json.dumps(body), llmtrim.Provider.OPEN_AI, sys.argv[1])
    return json.loads(output.request_json)


if __name__ == "__main__":
    answer_cases(_compressed)
