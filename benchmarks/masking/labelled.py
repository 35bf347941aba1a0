"""Texts with what is to be found in each, and texts that only look as if there were something.

Written for this: as people, logs, code and documents have them. The values are made up by a seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.masking.made_up import MadeUp


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, and what the detector of each name is to find in it."""

    text: str
    found: tuple[tuple[str, str], ...] = ()


# Where nothing is to be found: what stands in logs, code, tables and documents every day.
INNOCENT = (
    "2026-11-29T20:07:46.123456Z INFO request 1764446866123 took 12345 ms",
    "1700000000 1700000000123 1700000000123456 1700000000123456789",
    "[pid 184467] rss=10485760 vsz=4294967296 fd=1024 +12345678 -87654321",
    "req-id 4f9c2d6e-8a41-4c0b-9d5e-2f7a1b3c4d5e span 00f067aa0ba902b7 trace 4bf92f3577b34da6",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad (HEAD -> main, origin/main)",
    "10.0.0.12:5432 -> 192.168.100.200:49152 len 1500 seq 2864434397 ack 3735928559",
    "fe80::1ff:fe23:4567:890a/64 and 00:1B:44:11:3A:B7",
    "npm install react@18.2.0 lodash@4.17.21 @types/node@20.11.5",
    "pip install torch==2.1.0 git+https://github.com/org/repo@v1.2.3",
    "git clone git@github.com:acme/payments.git && cd payments",
    "background: url(icon@2x.png); width: calc(100% - 20px);",
    "@app.route('/users') def users(): return db.session.query(User).all()",
    "y = a@b.T + c@d.reshape(4, 4)",
    "SELECT id, total FROM orders WHERE id BETWEEN 100000000000 AND 100000009999;",
    "order 4111111111111112 shipped, order 4532015112830367 returned",
    "invoice 2024-000123-4567, customer 000123456789, article 9783161484100 (ISBN), 4006381333931 (EAN)",
    "ISBN 978-3-16-148410-0, ISSN 2049-3630, DOI 10.1000/182",
    "tracking 1Z999AA10123456784, parcel 00340434161094042557",
    "latitude 52.520008 longitude 13.404954, altitude +34.5",
    "error 0x80070005 at 0x00007ff6d2a41b30 in module+0x1b30",
    "Total: 1,234,567.89 EUR; tax 19 %: 234,567.90; net 999,999.99",
    "version 20240115.1, build 20240115123456, ticket 555123, room 415-123",
    "range 100-200-3000, ratio 3.141.5926, score 404-12",
    "time 20:07:46+0200, offset +00:00, window 09:00-17:30",
    "DE12 and GB33 are not account numbers; neither is AB12CDEF3456GHIJ7890",
    "product DE89370400440532013001 fails its checksum",
    "card ending in 4242, expires 12/27",
    "0000000000000000 1111111111111111 4444444444444444",
    "Bearer authentication is required; basic knowledge of the api_key parameter helps",
    "api_key = os.environ['API_KEY']; secret_key: ${SECRET_KEY}; password=<your-password>",
    "client_secret: str | None = None  # see get_client_secret()",
    "access_token_expiration_in_seconds_default = settings.ACCESS_TOKEN_LIFETIME",
    "postgres://user:password@localhost/db and redis://:$REDIS_PASSWORD@cache:6379/0",
    "sk-learn-pipelines-and-transformers-for-everybody",
    "eyJust a word, and eyJhbGciOiJub25l alone is half of something",
    "-----BEGIN CERTIFICATE----- comes before -----BEGIN PRIVATE KEY----- in a bundle",
    "Put the text between -----BEGIN PUBLIC KEY----- and -----END PUBLIC KEY-----.",
    "tok_ is the prefix of keys, ghp_ of GitHub's, AKIA of Amazon's",
    "The phone rang 12 times in 2024; 7 calls took 35 minutes.",
    "Mobile 12 is out; Fax machines sold: 1200345 in 1997-2003.",
    "Tel Aviv 2024, hall 12, seats 100-250",
    "cpu 415.123.4567 is no metric, but 1.234.5678 was printed",
    "diff --git a/x b/x index 83db48f..bf2a1c2 100644 @@ -1,7 +1,9 @@",
    "+1234567890 bytes were added, +12 files",
    "epoch+1700000000s, uid=4294967294, gid=4111",
    "matrix [[4111, 1111], [1111, 1111]] has rank 1",
    "hex dump: 4242 4242 4242 4241 0a0d 0000",
    "mention @alice and @bob-smith in #general at 10:30",
    "user@localhost, root@web-1:~$ and admin@internal run on hosts without a domain",
    "UUIDs: 123e4567-e89b-12d3-a456-426614174000, 00000000-0000-0000-0000-000000000000",
    "base64: iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "\u96fb\u8a71\u4f1a\u8b70\u306f2024\u5e7412\u670831\u65e5\u3067\u3059",
    'HTTP/1.1 200 OK\r\ncontent-length: 123456789012\r\netag: W/"5e2a-18c1f2a9d40"',
    "temperature=0.7 top_p=0.95 max_tokens=4096 seed=1234567890123",
    '{"id": 4916338506082833, "count": 30569309025905, "ts": 1764446866}',
)


def labelled(seed: int = 11) -> Iterator[Labelled]:
    """All texts, those with something to find first."""
    made = MadeUp(seed)
    yield from _keys(made)
    yield from _people(made)
    yield from _accounts(made)
    yield from _hard(made)
    yield from map(Labelled, INNOCENT)


def _keys(made: MadeUp) -> Iterator[Labelled]:
    frames = (
        "export KEY={}",
        'client = Client("{}")',
        "The key is {}, do not share it.",
        '{{"token":"{}","ttl":3600}}',
        "curl -H 'x-api-key: {}' https://api.example.com/v1",
        "{}\n",
    )
    for round_number in range(3):
        for at, key in enumerate(made.api_keys()):
            yield Labelled(frames[(at + round_number) % len(frames)].format(key), (("api_key", key),))
    for frame in (
        "aws_secret_access_key = {}",
        'API_KEY="{}"',
        "  client_secret: {}",
        '{{"access_token": "{}"}}',
        "password={}",
        "Authorization: Bearer {}",
        "postgres://app:{}@db.internal:5432/shop",
        "AccountKey={};EndpointSuffix=core.windows.net",
    ):
        key = made.assigned()
        yield Labelled(frame.format(key), (("api_key", key),))
    for frame in ("Authorization: Bearer {}", "jwt={}", "The token {} has expired.", '{{"id_token":"{}"}}'):
        token = made.jwt()
        yield Labelled(frame.format(token), (("jwt", token),))
    for kind in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"):
        key = made.private_key(kind)
        yield Labelled(f"cat id_rsa\n{key}\n$ ", (("private_key", key),))
    escaped = made.private_key("PRIVATE KEY", "\\n")
    yield Labelled(f'{{"private_key": "{escaped}\\n"}}', (("private_key", escaped),))


def _hard(made: MadeUp) -> Iterator[Labelled]:
    """What a shape does not tell: some of it has to be missed, so that numbers in logs are left alone."""
    digits = "0123456789"
    for frame, phone in (
        ("Ring me on {} tonight", f"0{made.chars(3, '123456789')} {made.chars(7, digits)}"),
        ("{} is the new number of the office", f"0{made.chars(4, '123456789')}/{made.chars(6, digits)}"),
        ("Her number: {}", f"{made.chars(3, '3456789')} {made.chars(3, '3456789')} {made.chars(4, digits)}"),
        ("contact,{}", f"{made.chars(10, '23456789')}"),
    ):
        yield Labelled(frame.format(phone), (("phone", phone),))
    for frame, mail in (("Write to {}", "jo (at) example.com"), ("{}", "jo at example dot com")):
        yield Labelled(frame.format(mail), (("email", mail),))
    for frame, key in (
        ("password: {}", "hunter2"),
        ("The password is {}.", "correct-horse-battery"),
        ("passphrase = '{}'", made.key_chars(20)),
        ("token {}", made.key_chars(40)),
    ):
        yield Labelled(frame.format(key), (("api_key", key),))
    for number in (made.iban("DE").lower(), made.iban("NL", "-")):
        yield Labelled(f"IBAN {number}", (("iban", number),))
    for number in (made.card("."), made.card("  ")):
        yield Labelled(f"Card {number}", (("card", number),))


def _people(made: MadeUp) -> Iterator[Labelled]:
    for frame in (
        "Write to {} by Friday.",
        "<{}>",
        "mailto:{}?subject=hello",
        "name,mail\nJo,{}\n",
        '{{"email":"{}","id":7}}',
        "From: Jo <{}>\nTo: all",
        "user={} ip=10.0.0.1 status=200",
        "({})",
        "Kontakt: {}.",
        "{};{}",
        "連絡先は{}です",
        "SELECT * FROM users WHERE email='{}'",
    ):
        mails = [made.email() for _ in range(frame.count("{}"))]
        text = frame.format(*mails)
        yield Labelled(text, tuple(("email", mail) for mail in mails))
    for frame in ("Call me at {}.", "phone: {}", '{{"tel":"{}"}}', "{} (office)"):
        for phone in made.phones():
            yield Labelled(frame.format(phone), (("phone", phone),))
    for frame in ("Tel.: {}", "Mobile: {}", "Fax {}", "Telefon {}", "Téléphone : {}", "Handy: {}", "電話:{}"):
        phone = f"0{made.chars(3, '123456789')} {made.chars(7, '0123456789')}"
        yield Labelled(frame.format(phone), (("phone", phone),))


def _accounts(made: MadeUp) -> Iterator[Labelled]:
    for frame in (
        "Card: {}",
        "pay with {} please",
        '{{"pan":"{}"}}',
        "{},12/27,123",
        "PAN={} status=declined",
    ):
        for between in ("", " ", "-"):
            card = made.card(between)
            yield Labelled(frame.format(card), (("card", card),))
    for country in ("DE", "NL", "GB", "FR", "ES", "AT"):
        for between in ("", " "):
            iban = made.iban(country, between)
            yield Labelled(f"IBAN: {iban}, BIC follows", (("iban", iban),))
            yield Labelled(f"Transfer 100 EUR to {iban}", (("iban", iban),))
