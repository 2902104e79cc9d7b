"""Signatures, made purely: Standard Webhooks, and the older header beside it."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from hmac import new as hmac
from secrets import token_bytes

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32
SHOWN = 12


def new_secret() -> str:
    """`whsec_` and 256 random bits in base64, as the libraries of receivers expect it."""
    return PREFIX + b64encode(token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    secrets: Sequence[str], message_id: str, moment: datetime, body: str, event: str
) -> dict[str, str]:
    """The headers of one attempt, signed by every secret that is still valid, the newest first."""
    signatures = [Webhook(secret).sign(message_id, moment, body) for secret in secrets]
    stamp = str(int(moment.timestamp()))
    return {
        "content-type": "application/json",
        "user-agent": "OpenPartner-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
        "x-openpartner-event": event,
        "x-openpartner-delivery": message_id,
        "x-openpartner-timestamp": stamp,
        "x-openpartner-signature": older_signature(secrets[0], stamp, body),
    }


def older_signature(secret: str, stamp: str, body: str) -> str:
    """Hex HMAC-SHA256 of `<timestamp>.<body>` under the secret as it is written."""
    return hmac(secret.encode(), f"{stamp}.{body}".encode(), sha256).hexdigest()
