"""The library remembers in Redis or Valkey, so that a prompt that comes again is not worked on again.

Run: REDIS_URL=redis://localhost:6379 OPENAI_API_KEY=sk-... .venv/bin/python examples/with_caching.py
OPENAI_BASE_URL says where the provider is, when it is not OpenAI. Several processes may share one server.
"""

import os

from token_optimizer import TokenOptimizer

optimizer = TokenOptimizer(
    api_key="examples",
    provider="openai",
    target_model="gpt-4o-mini",
    max_input_tokens=8000,
    enable_caching=True,
    redis_url=os.environ.get("REDIS_URL", "redis://localhost:6379"),
)
question = [{"role": "user", "content": f"What is Python? Ask {os.getpid()} of mine."}]

with optimizer:
    for call in ("first", "second"):
        response = optimizer.chat.completions.create(messages=question)
        print(f"{call} call, cache hit: {response.optimizer_stats['cache_hit']}")
