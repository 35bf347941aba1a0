"""The optimizer as a library: no gateway, no key, nothing is sent anywhere.

Run: .venv/bin/python -m examples.library_only
"""

import json
from pathlib import Path

from token_optimizer import OptimizerConfig, optimize

prompt = json.loads((Path(__file__).parent / "prompts" / "database-log.json").read_text("utf-8"))
config = OptimizerConfig.preset("balanced", log_error_window_lines=5, log_tail_lines=20)

messages, stats = optimize(prompt["body"]["messages"], config=config)

print(f"{stats.tokens_before} -> {stats.tokens_after} tokens in {stats.latency_ms:.0f} ms")
for block in stats.blocks:
    print(f"{block.fate:9} {block.kind:8} {block.tokens_before:6} -> {block.tokens_after:6}  {block.reason}")
print(messages[-1]["content"][-300:])
