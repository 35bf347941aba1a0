"""distil-llm as a library: tool results by its digest, all else by what loses nothing."""

from distil import compress_messages
from loop import answer_cases


def _compressed(case):
    return {**case, "messages": compress_messages(case["messages"]).messages}


if __name__ == "__main__":
    answer_cases(_compressed)
