"""What can go wrong for a creator."""

from api.errors import Forbidden


class PartnerOnly(Forbidden, code="partner_only"):
    """Only a partner can do that: the network has to know which creator is meant."""
