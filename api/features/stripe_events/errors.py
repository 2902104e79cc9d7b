"""What can go wrong between Stripe and us."""

from api.errors import ApiError, BadRequest, NotFound


class MissingSignature(BadRequest, code="missing_signature"):
    """There is no `Stripe-Signature` header: only Stripe calls this address."""


class InvalidSignature(BadRequest, code="invalid_signature"):
    """No signing secret of ours made this signature within the last five minutes."""


class WebhooksNotConfigured(ApiError, status=503, code="stripe_not_configured"):
    """The operator has not set a signing secret, so nobody could tell whether this is Stripe."""


class StripeEventNotFound(NotFound, code="stripe_event_not_found"):
    """No such event of Stripe's has arrived."""
