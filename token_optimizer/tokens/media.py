"""What images, PDFs and audio count, by the rules that providers publish, or estimated where those need what
is not known: a linked image's size, a PDF's pages.

OpenAI: images are scaled, then count by tiles of 512 pixels or patches of 32, by model; audio counts a token
for each tenth of a second. Anthropic: an image is scaled to a model's largest size and counts a token for 750
pixels. Of PDFs both say only that each page counts as its text and as an image.

Before: an image of 1024 x 1024 pixels for gpt-4o, detail high
After:  765 tokens, "an image, counted by the provider's rule"
"""

from __future__ import annotations

import base64
import io
import math
import re
import wave
from functools import lru_cache
from typing import NamedTuple

import imagesize

from token_optimizer.dialects.media import Media
from token_optimizer.models import Dialect

# An image whose size is not known counts as a square of so many pixels a side.
_USUAL_SIDE = 1_024
# A header stands in the beginning of an image, behind its metadata at most; a multiple of 4, as base64 is.
_HEADER_CHARS = 400_000
_MAGIC = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF")

_TILE_PIXELS, _MAX_TILED_SIDE, _TILED_SHORT_SIDE = 512, 2_048, 768
# Tokens of an image and of each of its tiles.
_TILES = (
    (re.compile(r"gpt-4o-mini"), 2_833, 5_667),
    (re.compile(r"gpt-4o|chatgpt-4o|gpt-4\.[15]|gpt-4-(?:turbo|vision)"), 85, 170),
    (re.compile(r"gpt-5(?:-chat-latest|-\d{4}-.*)?$"), 70, 140),
    (re.compile(r"o1|o3"), 75, 150),
    (re.compile(r"computer-use"), 65, 129),
)
_USUAL_TILES = (85, 170)
_PATCH_PIXELS, _MAX_PATCHES = 32, 1_536
# What the tokens of the patches are multiplied by.
_PATCHES = (
    (re.compile(r"gpt-(?:5|4\.1)-mini"), 1.62),
    (re.compile(r"gpt-(?:5|4\.1)-nano"), 2.46),
    (re.compile(r"o4-mini"), 1.72),
)

_PIXELS_PER_TOKEN = 750
# The longest side and the tokens that an image is scaled to.
_CLAUDE_LIMITS = (1_568, 1_600)
_CLAUDE_LARGE_LIMITS = (2_576, 4_784)
_CLAUDE_OF_THE_USUAL_LIMITS = re.compile(r"claude-(?:[123]|(?:opus|sonnet|haiku)-(?:3|4(?!-[7-9])))")

_PAGE_TOKENS: dict[Dialect, int] = {"anthropic": 2_300, "openai": 1_500, "responses": 1_500}
_PAGE = re.compile(rb"/Type\s{0,8}/Page(?![a-zA-Z])")
_BYTES_PER_PAGE = 50_000
_USUAL_PAGES = 2
_BYTES_PER_TEXT_TOKEN = 4
_USUAL_FILE_TOKENS = 3_000
_AUDIO_TOKENS_PER_SECOND = 10
# Of MP3 at 128 kbit/s.
_AUDIO_BYTES_PER_SECOND = 16_000
_USUAL_SECONDS = 60


class MediaCount(NamedTuple):
    """The tokens, and how they were found, in the words of the trace."""

    tokens: int
    reason: str


def count_media(media: Media, model: str, dialect: Dialect) -> MediaCount:
    """What the media counts for the model."""
    match media.kind:
        case "image":
            return _image(media, model, dialect)
        case "pdf":
            return _pdf(media, dialect)
        case "audio":
            return _audio(media)
        case "file":
            tokens = _byte_count(media.data) // _BYTES_PER_TEXT_TOKEN if media.data else _USUAL_FILE_TOKENS
            return MediaCount(tokens, "a file, estimated by its size")


def _image(media: Media, model: str, dialect: Dialect) -> MediaCount:
    size = _image_size(media.data)
    width, height = size or (_USUAL_SIDE, _USUAL_SIDE)
    if dialect == "anthropic":
        is_usual = _CLAUDE_OF_THE_USUAL_LIMITS.match(model) is not None
        tokens = _area_tokens(width, height, _CLAUDE_LIMITS if is_usual else _CLAUDE_LARGE_LIMITS)
        return MediaCount(tokens, _image_reason(has_size=size is not None, has_rule=is_usual))
    rate = _patch_rate(model)
    if rate is not None:
        return MediaCount(
            _patch_tokens(width, height, rate), _image_reason(has_size=size is not None, has_rule=True)
        )
    base, per_tile, is_known = _tile_rates(model)
    if media.detail == "low":
        return MediaCount(base, _image_reason(has_size=True, has_rule=is_known))
    return MediaCount(
        base + per_tile * _tiles(width, height), _image_reason(has_size=size is not None, has_rule=is_known)
    )


def _image_reason(*, has_size: bool, has_rule: bool) -> str:
    if not has_size:
        return f"an image, estimated at {_USUAL_SIDE} x {_USUAL_SIDE} pixels: its size is not known"
    if not has_rule:
        return "an image, estimated: the provider publishes no rule for the model"
    return "an image, counted by the provider's rule"


def _area_tokens(width: int, height: int, limits: tuple[int, int]) -> int:
    max_side, max_tokens = limits
    area = width * height
    scale = min(1.0, max_side / max(width, height), math.sqrt(max_tokens * _PIXELS_PER_TOKEN / area))
    return max(1, math.ceil(area * scale * scale / _PIXELS_PER_TOKEN))


def _patch_tokens(width: int, height: int, rate: float) -> int:
    patches = math.ceil(width / _PATCH_PIXELS) * math.ceil(height / _PATCH_PIXELS)
    return math.ceil(min(patches, _MAX_PATCHES) * rate)


def _tiles(width: int, height: int) -> int:
    scale = min(1.0, _MAX_TILED_SIDE / max(width, height))
    scale *= min(1.0, _TILED_SHORT_SIDE / (min(width, height) * scale))
    across, down = (math.ceil(round(side * scale) / _TILE_PIXELS) for side in (width, height))
    return max(1, across) * max(1, down)


@lru_cache(maxsize=1024)
def _patch_rate(model: str) -> float | None:
    return next((rate for pattern, rate in _PATCHES if pattern.match(model)), None)


@lru_cache(maxsize=1024)
def _tile_rates(model: str) -> tuple[int, int, bool]:
    """Tokens of an image, of each tile, and whether the provider publishes them for the model."""
    found = ((base, tile, True) for pattern, base, tile in _TILES if pattern.match(model))
    return next(found, (*_USUAL_TILES, False))


def _image_size(data: str) -> tuple[int, int] | None:
    header = _decoded(data[:_HEADER_CHARS])
    if not header.startswith(_MAGIC):
        return None
    try:
        width, height = imagesize.get(io.BytesIO(header))
    except (ValueError, IndexError, OSError):
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None


def _pdf(media: Media, dialect: Dialect) -> MediaCount:
    page_tokens = _PAGE_TOKENS[dialect]
    if not media.data:
        reason = f"a PDF, estimated at {_USUAL_PAGES} pages: its size is not known"
        return MediaCount(_USUAL_PAGES * page_tokens, reason)
    content = _decoded(media.data)
    pages = len(_PAGE.findall(content)) or math.ceil(len(content) / _BYTES_PER_PAGE) or 1
    reason = f"a PDF of {pages} pages, estimated at {page_tokens:,} tokens each"
    return MediaCount(pages * page_tokens, reason)


def _audio(media: Media) -> MediaCount:
    seconds = _wave_seconds(media.data) if media.format == "wav" else None
    if seconds is not None:
        tokens = math.ceil(seconds * _AUDIO_TOKENS_PER_SECOND)
        return MediaCount(tokens, "audio, counted by the provider's rule")
    estimated = _byte_count(media.data) / _AUDIO_BYTES_PER_SECOND if media.data else _USUAL_SECONDS
    return MediaCount(math.ceil(estimated * _AUDIO_TOKENS_PER_SECOND), "audio, estimated by its size")


def _wave_seconds(data: str) -> float | None:
    try:
        with wave.open(io.BytesIO(_decoded(data))) as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError, OSError):
        return None


def _byte_count(data: str) -> int:
    return len(data) * 3 // 4


def _decoded(data: str) -> bytes:
    """The bytes of base64, as far as it is any."""
    try:
        return base64.b64decode(data[: len(data) // 4 * 4])
    except ValueError:
        return b""
