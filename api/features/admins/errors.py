"""What can go wrong with an admin."""

from api.errors import Conflict, NotFound


class AdminNotFound(NotFound, code="not_found"):
    """There is no such admin."""


class AdminEmailTaken(Conflict, code="email_taken"):
    """An admin with this e-mail already exists, perhaps a revoked one who could be reinstated."""


class AdminIsRevoked(Conflict, code="admin_revoked"):
    """This admin is shut out; reinstate them first."""


class AdminActivated(Conflict, code="already_activated"):
    """This admin has accepted an invitation."""


class AdminAlreadyRevoked(Conflict, code="already_revoked"):
    """This admin is shut out already."""


class AdminNotRevoked(Conflict, code="not_revoked"):
    """This admin isn't shut out."""


class CannotRevokeSelf(Conflict, code="cannot_revoke_self"):
    """Nobody shuts themselves out; ask another admin to."""


class CannotRevokeLastActiveAdmin(Conflict, code="cannot_revoke_last_active_admin"):
    """Without this admin nobody could sign in to run the program."""
