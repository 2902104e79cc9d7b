"""What the network hears of a partner: how they stand now, in the words of the protocol."""

from datetime import UTC, datetime
from typing import Any

from shared.models.partner import Partner

# How a partner came, as the network calls it; by their metadata, or else an admin invited them.
SOURCES = {"self_signup": "self_signup", "openpartner_network": "openpartner_network"}


def standing(partner: Partner, as_of: datetime, *, backfill: bool = False) -> dict[str, Any]:
    """One partner, as of a moment; a later one counts more, whenever it arrives."""
    details = partner.details
    source = "backfill" if backfill else SOURCES.get(str(details.get("source")), "admin_invite")
    said = {
        "vendorPartnerId": str(partner.id),
        "email": partner.email,
        "name": partner.name,
        "joinedVendorAt": written(partner.created_at),
        "status": status_of(partner),
        "asOf": written(as_of),
        "metadata": {"source": source},
    }
    if isinstance(profile := details.get("profile"), dict):
        said["profile"] = profile
    if partner.revoked_at is not None:
        said["revokedAt"] = written(partner.revoked_at)
    return said


def status_of(partner: Partner) -> str:
    """`pending` until they are in."""
    if partner.revoked_at is not None:
        return "revoked"
    return "pending" if partner.activated_at is None else "active"


def written(moment: datetime) -> str:
    """A time on the network's wire: to the microsecond, since `asOf` has to tell attempts apart."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
