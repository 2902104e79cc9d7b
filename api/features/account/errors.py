"""What can go wrong when a workspace is to be deleted, or kept after all."""

from api.errors import BadRequest, Conflict


class ConfirmSlugMismatch(BadRequest, code="confirm_slug_mismatch"):
    """`confirmSlug` isn't the name of this workspace in its address; nothing was deleted."""


class AlreadyPendingDeletion(Conflict, code="already_pending_deletion"):
    """This workspace is about to be deleted already."""


class PendingObligations(Conflict, code="pending_obligations"):
    """Partners are still owed what `obligations` says; pay it, or send `forceDespiteObligations`."""


class NotPendingDeletion(Conflict, code="not_pending_deletion"):
    """This workspace isn't about to be deleted."""
