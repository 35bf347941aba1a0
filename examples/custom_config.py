"""A config of one's own: more turns kept, more junk known, prose compressed harder, documents first.

Run: ANTHROPIC_API_KEY=sk-ant-... .venv/bin/python examples/custom_config.py
ANTHROPIC_BASE_URL says where the provider is, when it is not Anthropic.
"""

from token_optimizer import OptimizerConfig, TokenOptimizer

config = OptimizerConfig(
    provider="anthropic",
    target_model="claude-sonnet-4-5",
    max_input_tokens=100_000,
    keep_last_n_turns=6,
    junk_regexes=[r"^\s*$", r"^(Sure\.|Of course\.)$", r"^That's a great question!.*$"],
    compression_ratio=0.3,
    per_type_budget_fraction={"doc": 0.5, "chat": 0.2, "tool": 0.2, "assistant": 0.1},
)

readings = "\n".join(f"sensor-{n % 7},{20 + n % 5}.{n % 10},ok" for n in range(800))
with TokenOptimizer(config) as optimizer:
    response = optimizer.messages.create(
        messages=[
            {"role": "user", "content": f"sensor,celsius,state\n{readings}\n\nWhat did sensor-3 read?"}
        ],
        max_tokens=1000,
    )
    stats = response.optimizer_stats
    print(response.content[0].text)
    print(f"{stats['tokens_before']} -> {stats['tokens_after']} tokens, route {stats['route']}")
