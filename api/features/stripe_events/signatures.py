"""Whether a delivery comes from Stripe, and from which of its two kinds of endpoint."""

import time
from typing import Literal

from pydantic import SecretStr

from api.features.stripe_events.errors import (
    InvalidSignature,
    MissingSignature,
    WebhooksNotConfigured,
)
from api.metrics import CLOCK_SKEW
from api.outside.stripe import SignatureInvalid, signed_at
from api.settings import Settings

Family = Literal["any", "platform", "connect"]
TOLERANCE_SECONDS = 300
# Told of connected accounts; everything else is told of our own.
CONNECT_TYPES = ("account.", "capability.", "person.")


def families(settings: Settings, body: bytes, header: str | None) -> set[Family]:
    """The kinds of endpoint whose secrets made this signature.

    Raises WebhooksNotConfigured, MissingSignature, and InvalidSignature, also for a signature that
    is over five minutes old.
    """
    secrets: dict[Family, tuple[SecretStr, ...]] = {
        "any": settings.stripe_webhook_secret,
        "platform": settings.stripe_webhook_secret_platform,
        "connect": settings.stripe_webhook_secret_connect,
    }
    if not any(secrets.values()):
        raise WebhooksNotConfigured
    if not header:
        raise MissingSignature
    moments = {
        family: signed
        for family, known in secrets.items()
        for secret in known
        if (signed := _signed(body, header, secret)) is not None
    }
    if not moments:
        raise InvalidSignature
    age = time.time() - max(moments.values())
    if age > TOLERANCE_SECONDS:
        # Stripe signs each attempt anew: a good signature that is old is a copy, or our clock is ahead.
        CLOCK_SKEW.labels("ahead").inc()
        raise InvalidSignature
    if age < -TOLERANCE_SECONDS:
        CLOCK_SKEW.labels("behind").inc()
    return set(moments)


def _signed(body: bytes, header: str, secret: SecretStr) -> int | None:
    try:
        return signed_at(body, header, secret.get_secret_value())
    except SignatureInvalid:
        return None


def wanted_family(kind: str, account: str | None) -> Family:
    """Which kind of endpoint an event has to come from."""
    return "connect" if account or kind.startswith(CONNECT_TYPES) else "platform"
