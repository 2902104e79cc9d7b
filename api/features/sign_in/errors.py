"""What can go wrong in signing in."""

from api.errors import BadRequest, Forbidden, NotFound


class InvalidOrExpiredToken(BadRequest, code="invalid_or_expired_token"):
    """This link is used, replaced by a newer one, or older than ten minutes; ask for another."""


class AdminNotFound(NotFound, code="admin_not_found"):
    """The admin whom this link was for is gone."""


class PartnerNotFound(NotFound, code="partner_not_found"):
    """The partner whom this link was for is gone."""


class AdminRevoked(Forbidden, code="admin_revoked"):
    """This admin was shut out."""


class PartnerRevoked(Forbidden, code="partner_revoked"):
    """This partner was shut out."""


class ScopedKeyNotForPortal(Forbidden, code="scoped_key_not_for_portal"):
    """A key with scopes stands for an integration, not for a person; /auth/introspect tells its scopes."""
