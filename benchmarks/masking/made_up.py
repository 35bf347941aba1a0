"""Secrets and personal data that are nobody's: drawn by a seed, with the right shapes and checksums."""

from __future__ import annotations

import base64
import json
import random
import string

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_IBANS = {
    "DE": (18, ""),
    "NL": (10, "ABNA"),
    "GB": (14, "NWBK"),
    "FR": (23, ""),
    "ES": (20, ""),
    "AT": (16, ""),
}


class MadeUp:
    """Values of each kind, others on every call."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chars(self, count: int, alphabet: str = _ALNUM) -> str:
        """So many characters, digits among them where the alphabet has some."""
        return "".join(self._random.choices(alphabet, k=count))

    def key_chars(self, count: int) -> str:
        """As keys have them: letters of both sizes, and digits."""
        return self.chars(count - 4) + self.chars(3, string.digits) + self.chars(1, string.ascii_uppercase)

    def api_keys(self) -> list[str]:
        """One of each vendor."""
        return [
            "AKIA" + self.chars(16, string.ascii_uppercase + "234567"),
            "ghp_" + self.key_chars(36),
            "github_pat_" + self.key_chars(22) + "_" + self.key_chars(59),
            "glpat-" + self.key_chars(20),
            "xoxb-" + self.chars(12, string.digits) + "-" + self.key_chars(24),
            "sk_live_" + self.key_chars(24),
            "sk-" + self.key_chars(48),
            "sk-proj-" + self.key_chars(70),
            "sk-ant-api03-" + self.key_chars(90),
            "AIza" + self.key_chars(35),
            "hf_" + self.key_chars(34),
            "npm_" + self.key_chars(36),
            "SG." + self.key_chars(22) + "." + self.key_chars(43),
            "SK" + self.chars(32, _HEX),
            "dop_v1_" + self.chars(64, _HEX),
            "dapi" + self.chars(32, _HEX),
            "shpat_" + self.chars(32, _HEX),
            self.chars(9, "123456789") + ":AA" + self.key_chars(33),
            "hvs." + self.key_chars(24),
            "tok_" + self.key_chars(43),
        ]

    def assigned(self) -> str:
        """A key without a vendor's prefix, known by what it is assigned to."""
        return self.key_chars(32)

    def jwt(self) -> str:
        header = json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":"))
        payload = json.dumps({"sub": self.chars(8), "iat": self._random.randrange(10**9)})
        head, body = (
            base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in (header, payload)
        )
        return f"{head}.{body}.{self.key_chars(43)}"

    def private_key(self, kind: str = "RSA PRIVATE KEY", line_break: str = "\n") -> str:
        lines = [self.chars(64, _ALNUM + "+/") for _ in range(8)] + [self.chars(22) + "=="]
        return line_break.join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])

    def email(self) -> str:
        first, last = (self.chars(self._random.randint(3, 8), string.ascii_lowercase) for _ in range(2))
        between = self._random.choice([".", "_", "+", "-", ""])
        domain = self._random.choice(
            ["example.com", "mail.example.co.uk", "müller.de", "sub.firm.io", "uni.edu"]
        )
        return f"{first}{between}{last}@{domain}"

    def card(self, between: str = "") -> str:
        """A Visa number with Luhn's checksum."""
        digits = "4" + self.chars(14, string.digits)
        doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(digits)]
        total = sum(number - 9 if number > 9 else number for number in doubled)
        whole = digits + str(-total % 10)
        return between.join(whole[at : at + 4] for at in range(0, 16, 4))

    def iban(self, country: str = "DE", between: str = "") -> str:
        count, bank = _IBANS[country]
        rest = bank + self.chars(count, string.digits)
        number = int("".join(str(int(char, 36)) for char in rest + country + "00"))
        whole = f"{country}{98 - number % 97:02d}{rest}"
        return between.join(whole[at : at + 4] for at in range(0, len(whole), 4)) if between else whole

    def phones(self) -> list[str]:
        """In the ways in which people write them, each with what it takes to be known for one."""
        one, two = self.chars(3, "23456789"), self.chars(4, string.digits)
        return [
            f"+49 151 {self.chars(8, string.digits)}",
            f"+4930{self.chars(8, string.digits)}",
            f"+1 415 {one} {two}",
            f"+1-212-{one}-{two}",
            f"(415) {one}-{two}",
            f"415-{one}-{two}",
            f"212.{one}.{two}",
            f"+44 20 7{one} {two}",
            "+33 1 " + " ".join(self.chars(2, string.digits) for _ in range(4)),
            f"+91 98{self.chars(3, string.digits)} {self.chars(5, string.digits)}",
        ]
