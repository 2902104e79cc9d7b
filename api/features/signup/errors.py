"""What can go wrong when a brand signs up."""

from api.errors import BadRequest, Conflict, Forbidden


class SignupNotAvailable(BadRequest, code="signup_not_available_in_single_tenant"):
    """This installation has one workspace, which is set up with `/install`."""


class SignupUnavailable(Forbidden, code="signup_unavailable"):
    """Signing up from this address isn't possible; write to the operators of this installation."""


class SlugReserved(Conflict, code="slug_reserved"):
    """This name stands for something else here; choose another."""


class SlugTaken(Conflict, code="slug_taken"):
    """There is, or was, a workspace of this name; choose another."""
