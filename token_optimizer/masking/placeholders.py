"""Placeholders: `<email_mzxw6y>` stands for one e-mail address, wherever and in whichever turn it comes.

Their letters are a keyed hash of what they stand for, so the same secret has the same placeholder on every
turn of a conversation, without anything kept, and a provider's cache of the prompt holds. Numbers in order
would be shorter, but not the same where a turn is continued by its id and its beginning is not sent again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping

# Some billion placeholders a kind; two secrets of one request that would share one get longer ones.
MIN_CODE_CHARS = 6
_STEP_CHARS = 4
MAX_CODE_CHARS = 50
_NAME = rf"[a-z]{{3,7}}(?:_key)?_[a-z2-7]{{{MIN_CODE_CHARS},{MAX_CODE_CHARS}}}"
_PLACEHOLDER = re.compile(rf"<{_NAME}>")
# Some programs write JSON with its angle brackets escaped.
_IN_JSON = re.compile(rf"(?:<|\\u003[cC])({_NAME})(?:>|\\u003[eE])")


class Placeholders:
    """Those of one request, each with what it stands for. `key` is that of their hash."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._of: dict[tuple[str, str], str] = {}
        self._originals: dict[str, str] = {}

    def of(self, original: str, detector: str) -> str:
        """What stands for a secret."""
        known = self._of.get((original, detector))
        if known is None:
            known = self._of[original, detector] = self._new(original, detector)
            self._originals[known] = original
        return known

    def _new(self, original: str, detector: str) -> str:
        said = f"{detector}\n{original}".encode("utf-8", "surrogatepass")
        digest = hmac.new(self._key, said, hashlib.sha256).digest()
        code = base64.b32encode(digest).decode().lower()
        for chars in range(MIN_CODE_CHARS, MAX_CODE_CHARS, _STEP_CHARS):
            placeholder = f"<{detector}_{code[:chars]}>"
            if placeholder not in self._originals:
                break
        return placeholder

    @property
    def originals(self) -> Mapping[str, str]:
        """What each placeholder stands for."""
        return self._originals

    def counts(self) -> dict[str, int]:
        """How many secrets each detector has found."""
        counts: dict[str, int] = {}
        for _, detector in self._of:
            counts[detector] = counts.get(detector, 0) + 1
        return counts


class Originals:
    """Puts what placeholders stand for back into texts."""

    def __init__(self, originals: Mapping[str, str]) -> None:
        self._originals = originals
        self._escaped = {
            name: json.dumps(original, ensure_ascii=False)[1:-1] for name, original in originals.items()
        }
        # Each as it may stand in JSON; small letters, as all placeholders are.
        self._in_json = [*originals, *(rf"\u003c{name[1:-1]}\u003e" for name in originals)]

    def restored(self, text: str) -> str:
        """A plain text with the originals."""
        if "<" not in text:
            return text
        return _PLACEHOLDER.sub(lambda found: self._originals.get(found[0], found[0]), text)

    def restored_json(self, text: str) -> str:
        """A text of JSON with the originals, escaped as its strings have to be."""
        if "<" not in text and "\\u003" not in text:
            return text
        return _IN_JSON.sub(lambda found: self._escaped.get(f"<{found[1]}>", found[0]), text)

    def unfinished(self, text: str, *, is_json: bool) -> int:
        """How many characters at the end of a text may be the beginning of a placeholder."""
        names = self._in_json if is_json else self._originals
        longest = max(map(len, names), default=0)
        tail = text[-(longest - 1) :].lower() if longest > 1 else ""
        for at, char in enumerate(tail):
            if char in "<\\" and any(
                name.startswith(tail[at:]) and len(name) > len(tail) - at for name in names
            ):
                return len(tail) - at
        return 0
