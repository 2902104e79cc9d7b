"""Secrets that we hand out once and keep only as a digest: API keys, magic links, sessions."""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

# Enough of the random part to tell two keys apart on a page, far too little to guess the rest.
HINT = 6


@dataclass(frozen=True, slots=True)
class Token:
    """A fresh secret: `plaintext` is shown once, `prefix` and `digest` are stored."""

    plaintext: str
    prefix: str
    digest: str


def digest_of(plaintext: str) -> str:
    """SHA-256 in hex. 256 random bits need no slow hash (ASVS 6.5.2)."""
    return sha256(plaintext.encode()).hexdigest()


def new_token(kind: str) -> Token:
    """A token such as `op_…`: the literal prefix, then 256 random bits."""
    plaintext = kind + token_urlsafe(32)
    return Token(plaintext, plaintext[: len(kind) + HINT], digest_of(plaintext))
