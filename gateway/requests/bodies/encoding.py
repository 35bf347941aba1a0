"""Request bodies that clients send compressed, unpacked within a bound."""

from __future__ import annotations

import asyncio
import zlib

import zstandard

from gateway.errors import BadRequest, UnsupportedEncoding, too_large

# zlib and gzip, told apart by their first bytes; and deflate without any wrapping.
ANY_WRAPPING = 47
_NO_WRAPPING = -15
_ZLIB_FIRST_BYTE = 0x78
_MAX_ZSTD_WINDOW_BYTES = 8 * 1024**2


async def unpacked_in_thread(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """`unpacked_body`, with other requests served meanwhile."""
    if not encoding:
        return body
    return await asyncio.to_thread(unpacked_body, body, encoding, max_bytes)


def unpacked_body(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body without its `content-encoding`; TooLarge where more than `max_bytes` would come out."""
    match encoding:
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            plain = _inflated(body, ANY_WRAPPING, max_bytes)
        case "deflate":
            wrapped = body[:1] == bytes([_ZLIB_FIRST_BYTE])
            plain = _inflated(body, ANY_WRAPPING if wrapped else _NO_WRAPPING, max_bytes)
        case "zstd":
            plain = _decompressed_zstd(body, max_bytes)
        case _:
            raise UnsupportedEncoding(
                f"content-encoding {encoding[:60]!r} is not read: send gzip, deflate, zstd or none",
                param="content-encoding",
            )
    if len(plain) > max_bytes:
        raise too_large(max_bytes)
    return plain


def _inflated(body: bytes, wrapping: int, max_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(wrapping)
    try:
        plain = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise _broken() from error
    if len(plain) <= max_bytes and not unpacker.eof:
        raise _broken()
    return plain


def _decompressed_zstd(body: bytes, max_bytes: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW_BYTES)
    try:
        with unpacker.stream_reader(body) as reader:
            return reader.read(max_bytes + 1)
    except zstandard.ZstdError as error:
        raise _broken() from error


def _broken() -> BadRequest:
    return BadRequest("the request body is not compressed as its content-encoding says, or is not whole")
