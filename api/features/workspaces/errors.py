"""What can go wrong between a person and their workspaces."""

from api.errors import BadRequest, Forbidden


class UsePerTenantSignin(BadRequest, code="use_per_tenant_signin"):
    """This installation has one workspace: sign in at `/auth/signin`."""


class NotAMember(Forbidden, code="not_a_member"):
    """Your address runs no program of this name."""
