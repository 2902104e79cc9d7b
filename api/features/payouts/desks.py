"""What this installation can do for a brand, read from its settings."""

from uuid import UUID

from api.features.payouts.rails import Means
from api.features.payouts.sending import Desk
from api.outside.stripe import Stripe
from api.settings import Settings
from shared.database import Database


def means_of(settings: Settings, stripe: Stripe) -> Means:
    """Self-hosters pay from their own account; a platform must not pay with what it never collected."""
    own_money = settings.openpartner_mode == "selfhost"
    allowed = settings.openpartner_allow_unfunded_connect_payouts
    return Means(stripe=stripe.configured, funded=own_money or allowed)


def desk_of(tenant_id: UUID, database: Database, settings: Settings, stripe: Stripe) -> Desk:
    """Where a brand's payouts are sent from."""
    return Desk(tenant_id, database, stripe, means_of(settings, stripe))
