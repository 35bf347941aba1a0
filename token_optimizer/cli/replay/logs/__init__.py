"""Recorded requests, as other programs write them down: one file for each program.

request.py         what all of them are read as
files.py           files and folders as rows, and whose they are
values.py          times, and JSON within JSON
litellm.py         LiteLLM: spend logs, and what its proxy logs
langfuse.py        Langfuse: exported generations
openai_batch.py    OpenAI: batch input
anthropic_batch.py Anthropic: message batches
claude_code.py     Claude Code: session files
codex.py           Codex: session files
"""
