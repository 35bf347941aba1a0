"""What images, PDFs and audio count: the providers' examples, and estimates that say so."""

from __future__ import annotations

import base64
import io
import struct
import wave
import zlib
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.dialects.media import Media, media_of
from token_optimizer.models import Dialect, Kind
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.tokens.counts import count_body
from token_optimizer.tokens.media import count_media

RULE = "an image, counted by the provider's rule"


def png(width: int, height: int) -> str:
    """The base64 of an image's beginning, which holds its size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk).decode()


def wav(seconds: float) -> str:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(b"\0\0" * int(8_000 * seconds))
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o-2024-08-06", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o-mini", (512, 512), "high", 2833 + 5667),
        ("gpt-5", (1024, 1024), "", 70 + 4 * 140),
        ("o3", (100, 100), "auto", 75 + 150),
        ("gpt-4.1-mini", (1024, 1024), "", 1659),
        ("o4-mini", (4096, 4096), "", 2642),
    ],
)
def test_images_of_openai_models(model: str, size: tuple[int, int], detail: str, tokens: int) -> None:
    assert count_media(Media("image", png(*size), detail=detail), model, "openai") == (tokens, RULE)


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("claude-sonnet-4-5", (750, 750), 750),
        ("claude-3-5-haiku-latest", (4000, 3000), 1600),
        ("claude-sonnet-4-20250514", (1568, 100), 210),
    ],
)
def test_images_of_claude_models(model: str, size: tuple[int, int], tokens: int) -> None:
    assert count_media(Media("image", png(*size)), model, "anthropic") == (tokens, RULE)


@pytest.mark.parametrize("data", ["", "bm90IGFuIGltYWdl", "!!!", png(9, 9)[:20]])
def test_an_image_of_unknown_size_is_an_estimate_that_says_so(data: str) -> None:
    tokens, reason = count_media(Media("image", data), "gpt-4o", "openai")
    assert tokens == 765
    assert reason.endswith("its size is not known")


def test_a_model_without_a_published_rule_is_estimated() -> None:
    tokens, reason = count_media(Media("image", png(64, 64)), "pixtral-large", "openai")
    assert tokens == 85 + 170
    assert reason.endswith("publishes no rule for the model")


def test_the_pages_of_a_pdf_are_counted() -> None:
    pages = b"%PDF-1.4\n" + b"<< /Type /Pages /Count 3 >>\n" + b"<< /Type /Page >>\n" * 3
    media = Media("pdf", base64.b64encode(pages).decode())
    assert count_media(media, "claude-sonnet-4-5", "anthropic").tokens == 3 * 2_300
    tokens, reason = count_media(media, "gpt-4o", "openai")
    assert (tokens, reason) == (4_500, "a PDF of 3 pages, estimated at 1,500 tokens each")
    packed = Media("pdf", base64.b64encode(b"%PDF-1.7\n" + b"x" * 120_000).decode())
    assert count_media(packed, "gpt-4o", "openai").tokens == 3 * 1_500
    assert "not known" in count_media(Media("pdf"), "gpt-4o", "openai").reason


def test_audio_counts_by_its_seconds() -> None:
    sound = Media("audio", wav(2.5), format="wav")
    assert count_media(sound, "gpt-audio", "openai") == (25, "audio, counted by the provider's rule")
    tokens, reason = count_media(Media("audio", "A" * 64_000, format="mp3"), "gpt-audio", "openai")
    assert (tokens, reason) == (30, "audio, estimated by its size")


DATA_URL = "data:image/png;base64,QUJD"
PARTS: list[tuple[dict[str, Any], Media | None]] = [
    (
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}},
        Media("image", detail="low"),
    ),
    ({"type": "image_url", "image_url": {"url": DATA_URL}}, Media("image", "QUJD")),
    (
        {"type": "input_image", "image_url": DATA_URL, "detail": "high"},
        Media("image", "QUJD", detail="high"),
    ),
    ({"type": "input_image", "file_id": "file-1"}, Media("image")),
    (
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
        Media("audio", "QUJD", "wav"),
    ),
    ({"type": "file", "file": {"filename": "a.pdf", "file_data": "QUJD"}}, Media("pdf", "QUJD")),
    ({"type": "input_file", "file_data": "data:application/pdf;base64,QUJD"}, Media("pdf", "QUJD")),
    ({"type": "input_file", "filename": "a.csv", "file_data": "QUJD"}, Media("file", "QUJD")),
    ({"type": "image", "source": {"type": "base64", "data": "QUJD"}}, Media("image", "QUJD")),
    ({"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}}, Media("pdf")),
    ({"type": "document", "source": {"type": "text", "data": "Yes."}}, None),
    ({"type": "image_url", "image_url": 7}, Media("image")),
    ({"type": "file", "file": "a"}, None),
    ({"type": ["image"]}, None),
]


@pytest.mark.parametrize(("part", "media"), PARTS)
def test_what_a_part_holds(part: dict[str, Any], media: Media | None) -> None:
    assert media_of(part) == media


def _shots(turns: int) -> list[dict[str, Any]]:
    url = f"data:image/png;base64,{png(1024, 1024)}"
    messages: list[dict[str, Any]] = []
    for turn in range(turns):
        parts = [{"type": "text", "text": f"Shot {turn}"}, {"type": "image_url", "image_url": {"url": url}}]
        messages += [{"role": "user", "content": parts}, {"role": "assistant", "content": f"Seen: {turn}."}]
    return [*messages, {"role": "user", "content": "Which shot shows the button?"}]


def test_a_hard_budget_holds_with_the_images() -> None:
    body = {"model": "gpt-4o", "messages": _shots(9)}
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=1)
    result = optimize_body(body, "openai", config=config, budget_tokens=3_000)
    stats = result.stats
    assert stats.tokens_before == count_body(body, "openai", "gpt-4o") > 9 * 765
    assert stats.tokens_after == count_body(result.body, "openai", "gpt-4o") <= 3_000
    assert stats.estimated
    images = [block for block in stats.blocks if block.kind is Kind.MEDIA]
    assert len(images) == 9
    assert {(block.fate, block.tokens_after) for block in images} == {("kept", 765), ("dropped", 0)}
    assert {block.reason for block in images if block.fate == "kept"} == {RULE}


@pytest.mark.parametrize("dialect", ["anthropic", "responses"])
def test_the_images_of_tool_results_are_counted(dialect: Dialect) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png(750, 750)}}
    messages = [
        {"role": "user", "content": "Take a shot."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "shot", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [image]}]},
    ]
    call = {"type": "computer_call", "call_id": "c", "action": {"type": "screenshot"}}
    shown = {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{png(1024, 1024)}"}
    output = {"type": "computer_call_output", "call_id": "c", "output": shown}
    items = [{"role": "user", "content": "Look."}, call, output]
    body = {"messages": messages} if dialect == "anthropic" else {"input": items}
    stats = optimize_body(body, dialect, config=OptimizerConfig(target_model="claude-sonnet-4-5")).stats
    (block,) = [block for block in stats.blocks if block.kind is Kind.MEDIA]
    assert block.tokens_before == (750 if dialect == "anthropic" else 765)
