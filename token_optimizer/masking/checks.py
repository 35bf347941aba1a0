"""What a shape alone does not tell: whether a number has its checksum, or a word is a key at all."""

from __future__ import annotations

import base64
import binascii
import json

_MIN_DIGITS_OF_KEY = 3
_STAND_INS = ("$", "{", "%", "<", "*", "[")
_NO_PASSWORDS = frozenset({"pass", "password", "passwd", "pwd", "secret", "token", "xxx", "xxxx", "changeme"})
# Endings of file names, which stand where a domain would: icon@2x.png.
_FILE_ENDINGS = frozenset({
    "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "js", "mjs", "ts", "tsx", "jsx", "css", "html", "json",
    "yaml", "yml", "toml", "lock", "md", "txt", "py", "rb", "go", "rs", "java", "sh", "log", "csv", "xml",
    "pdf", "zip", "gz", "tar", "service",
})  # fmt: skip
_IBAN_CHARS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
    "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
    "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
    "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
    "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
# How a card's number begins, by how many digits it has.
_CARD_PREFIXES = {
    14: ("30", "36", "38", "39"),
    15: ("34", "37"),
    16: ("35", "4", "51", "52", "53", "54", "55", "60", "62", "64", "65", *map(str, range(2221, 2721))),
}
# Beside them digits are part of an id, an amount or a number of another kind.
_PART_OF_NUMBER = frozenset("+-_/")
_NORTH_AMERICAN_DIGITS = 11
_MIN_DIGITS_WITHOUT_SPACES = 10


def is_key(text: str) -> bool:
    """Whether what stands where a key would looks drawn by chance: words have hardly any digits."""
    return sum(map(str.isdigit, text)) >= _MIN_DIGITS_OF_KEY and any(map(str.isalpha, text))


def is_password(text: str) -> bool:
    """Whether what stands in a URL is a password, and not what stands for one."""
    return not text.startswith(_STAND_INS) and text.lower() not in _NO_PASSWORDS


def is_jwt(text: str) -> bool:
    """Whether the first part is the header of a token."""
    head = text.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def is_email(text: str, before: str, after: str) -> bool:
    """Whether it is an address, and not a version, a file name or a repository to clone from."""
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    if local == "git" or before in ("/", "@") or after in ("@", "(") or labels[-1].lower() in _FILE_ENDINGS:
        return False
    return len(labels[-1]) > 1 and len(local) <= 64 and any(map(str.isalpha, labels[-2]))


def is_iban(text: str) -> bool:
    """Whether it has the length of its country's and the checksum of ISO 13616."""
    plain = text.replace(" ", "")
    if _IBAN_CHARS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str, before: str, after: str) -> bool:
    """Whether it begins as a card's number does, has as many digits and their checksum (Luhn's)."""
    if before in _PART_OF_NUMBER or after in _PART_OF_NUMBER:
        return False
    digits = text.replace(" ", "").replace("-", "")
    if not digits.startswith(_CARD_PREFIXES.get(len(digits), ())):
        return False
    if len(set(digits)) <= 2:
        return False
    doubled = (int(digit) * (2 - at % 2) for at, digit in enumerate(digits, len(digits) % 2))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def is_phone(text: str, before: str, after: str) -> bool:
    """Whether it stands alone, and is as long as a number that is dialled: no id, amount or difference."""
    if before and (before.isalnum() or before in "._-+/"):
        return False
    if after and (after.isalnum() or after in "_-/%"):
        return False
    digits = "".join(filter(str.isdigit, text))
    if text.startswith("+1"):
        return len(digits) == _NORTH_AMERICAN_DIGITS and digits[1] not in "01"
    is_spaced = len(text) > len(digits) + 1
    return not text.startswith("+") or is_spaced or len(digits) >= _MIN_DIGITS_WITHOUT_SPACES
