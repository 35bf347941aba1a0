"""Compresses after an answer, in the background, what the conversation's next turn will want compressed."""
