"""A greedy knapsack over whole blocks, with a share of the budget for each type.

Before: system (must-keep, 50 tokens), three documents of 100 tokens; 300 tokens, half of them for documents
After:  system and the one document with the highest utility per token
"""

from __future__ import annotations

from collections.abc import Mapping

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block, BlockType
from token_optimizer.text.counting import token_counts

# The guide's name for what user and assistant say.
_CHAT = "chat"
_CHAT_TYPES = frozenset({BlockType.USER, BlockType.ASSISTANT})


def budget_select(
    blocks: list[Block],
    max_tokens: int,
    safety_margin: int = 0,
    per_type_fractions: Mapping[BlockType | str, float] | None = None,
) -> list[Block]:
    """The must-keep blocks, and of the others those with the highest utility per token that fit.

    `per_type_fractions` are the shares of what the must-keep blocks leave; a type that it does not name may
    take all of it. `chat` is the share of user and assistant blocks together, of which `assistant`, where it
    is named too, bounds a part. Blocks whose tokens are 0 are counted. The order of the blocks stays. The
    must-keep blocks are in the result even where they alone are more than `max_tokens`.
    """
    shares = _shares(per_type_fractions or {})
    tokens = _tokens(blocks)
    chosen = {number for number, block in enumerate(blocks) if block.must_keep}
    left: float = max_tokens - safety_margin - sum(tokens[number] for number in chosen)
    room = {name: left * share for name, share in shares.items()}
    optional = [number for number, block in enumerate(blocks) if not block.must_keep]
    optional.sort(key=lambda number: -blocks[number].utility / max(tokens[number], 1))
    for number in optional:
        own_shares = [name for name in _share_names(blocks[number].type) if name in room]
        if tokens[number] > min([left, *(room[name] for name in own_shares)]):
            continue
        chosen.add(number)
        left -= tokens[number]
        for name in own_shares:
            room[name] -= tokens[number]
    return [block for number, block in enumerate(blocks) if number in chosen]


def _share_names(block_type: BlockType) -> tuple[str, ...]:
    """The shares that a block of this type takes from."""
    return (block_type, _CHAT) if block_type in _CHAT_TYPES else (block_type,)


def _shares(fractions: Mapping[BlockType | str, float]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for name, share in fractions.items():
        if not 0 <= share <= 1:
            raise ConfigError(f"per_type_fractions[{str(name)!r}] must be between 0 and 1, not {share!r}")
        shares[_CHAT if name == _CHAT else BlockType(name)] = share
    return shares


def _tokens(blocks: list[Block]) -> list[int]:
    """The tokens of each block; those that say 0 are counted."""
    missing = [number for number, block in enumerate(blocks) if block.tokens == 0]
    counts = dict(zip(missing, token_counts([blocks[number].content for number in missing]), strict=True))
    return [counts.get(number, block.tokens) for number, block in enumerate(blocks)]


def check_budget(budget_tokens: int | None) -> None:
    """ConfigError unless the budget is None or a whole number of at least 1."""
    if budget_tokens is None:
        return
    if not isinstance(budget_tokens, int) or isinstance(budget_tokens, bool) or budget_tokens < 1:
        raise ConfigError(f"budget_tokens must be a whole number of at least 1, not {budget_tokens!r}")


def hard_budget(config: OptimizerConfig, request_tokens: int | None) -> int | None:
    """The tokens that the whole prompt must not exceed: the request's own budget, else the config's."""
    if request_tokens is not None:
        return request_tokens
    if config.max_input_tokens is None:
        return None
    return max(0, config.max_input_tokens - config.safety_margin_tokens)
