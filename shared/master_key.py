"""The installation's one secret, and the keys that are derived from it for each purpose."""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64decode
from hashlib import sha256

SIZE = 32


def read_master_key(text: str) -> bytes:
    """32 bytes written as 64 hex digits or as base64 (either alphabet); else a ValueError."""
    text = text.strip()
    padded = text + "=" * (-len(text) % 4)
    decode = urlsafe_b64decode if "-" in text or "_" in text else b64decode
    try:
        key = bytes.fromhex(text) if len(text) == 2 * SIZE else decode(padded)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != SIZE:
        raise ValueError("must be 32 bytes, as 64 hex digits or as base64")
    return key


def derive_key(master: bytes, purpose: str, *context: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869), one block: knowing one derived key tells nothing about another."""
    extracted = hmac.digest(b"openpartner", master, "sha256")
    # Lengths before the parts, so that no two contexts can run together into one.
    info = b"".join(len(part).to_bytes(2) + part for part in (purpose.encode(), *context))
    return hmac.new(extracted, info + b"\x01", sha256).digest()
