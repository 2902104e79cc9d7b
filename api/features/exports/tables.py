"""Which tables a brand takes along, under which names, in an order in which they can be put back."""

from dataclasses import dataclass
from functools import cached_property

from pydantic.alias_generators import to_camel
from sqlalchemy import Column, ColumnElement, LargeBinary, Table

import shared.models.all  # noqa: F401  # registers every table, also those that come later
from shared.models.base import Model

# What stays here. Everything else that carries a tenant is exported, also tables yet to be made.
KEPT_BACK = {
    "api_keys": "a key opens doors: new ones are made where the data goes",
    "billing_accounts": "what was agreed with whoever hosts this installation",
    "billing_subscriptions": "the same; elsewhere nobody has heard of this subscription",
    "click_days": "figures that are reckoned from clicks, wherever those are",
    "click_rollups": "how far these figures are reckoned here",
    "domains": "proved to this installation: they are proved anew where the data goes",
    "idempotent_requests": "answers to requests that were made to this installation",
    "jobs": "work under way here, such as mails: elsewhere it would be done a second time",
    "network_pushes": "what the coordinator of a network has yet to hear from this installation",
    "ledger_seals": "seals prove that nothing changed here; entries are sealed anew where they go",
    "magic_links": "credentials for ten minutes",
    "payout_transfers": "money under way from here: elsewhere it would be sent a second time",
    "sessions": "credentials of browsers",
    "stripe_events": "what Stripe told this installation; what became of it is among the events",
    "usage_changes": "work under way here, for the bill of whoever hosts this installation",
    "usage_lines": "what was billed here: put back elsewhere it would be billed a second time",
    "usage_reports": "the same",
}

# Columns that say something about this installation and not about the brand.
LOCAL_COLUMNS = {"tenant_id", "stored_at"}

# Names that clients know; a table that isn't named here goes by its own.
WIRE_NAMES = {
    "adjustments": "CommissionAdjustment",
    "admins": "Admin",
    "audit_entries": "AuditEntry",
    "campaigns": "Campaign",
    "click_verdicts": "ClickVerdict",
    "clicks": "Click",
    "commissions": "Commission",
    "coupon_redemptions": "CouponRedemption",
    "coupons": "Coupon",
    "correction_references": "CorrectionReference",
    "corrections": "Correction",
    "credits": "Attribution",
    "decisions": "Decision",
    "events": "Event",
    "grants": "PartnerCampaign",
    "identities": "Identity",
    "identity_proposals": "IdentityProposal",
    "ledger_entries": "LedgerEntry",
    "ledger_postings": "LedgerPosting",
    "links": "Link",
    "mail_suppressions": "MailSuppression",
    "network_approvals": "NetworkApproval",
    "network_payout_reports": "NetworkPayoutReport",
    "network_reported_payouts": "NetworkReportedPayout",
    "notices": "Notice",
    "partner_postbacks": "PartnerPostback",
    "partners": "Partner",
    "payment_references": "PaymentReference",
    "payout_differences": "PayoutDifference",
    "payout_runs": "PayoutRun",
    "payout_steps": "PayoutStep",
    "payouts": "Payout",
    "postback_deliveries": "PostbackDelivery",
    "repricings": "Repricing",
    "revocations": "Revocation",
    "settings": "Config",
    "simulations": "Simulation",
    "stripe_references": "StripeReference",
    "terms": "Terms",
    "uploads": "Upload",
    "webhook_deliveries": "WebhookDelivery",
    "webhook_endpoints": "WebhookEndpoint",
}


@dataclass(frozen=True)
class OwnedTable:
    """A table as bundles show it: whose it is isn't said, so that it can be put back anywhere."""

    table: Table
    wire: str

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def columns(self) -> dict[str, Column[object]]:
        """Every column but the local ones, by the name that it has on the wire."""
        return {
            to_camel(column.name): column
            for column in self.table.columns
            if column.name not in LOCAL_COLUMNS
        }

    @property
    def is_heavy(self) -> bool:
        """Whether its rows are files, of which a few hundred would not fit into memory."""
        return any(isinstance(column.type, LargeBinary) for column in self.table.columns)

    @property
    def key(self) -> list[ColumnElement[object]]:
        """What identifies a row within its tenant, and so gives an order that is always the same."""
        return [column for column in self.table.primary_key if column.name != "tenant_id"]


def _owned() -> list[OwnedTable]:
    return [
        OwnedTable(table, WIRE_NAMES.get(table.name, table.name))
        # A table comes after those that its foreign keys name.
        for table in Model.metadata.sorted_tables
        if "tenant_id" in table.columns and table.name not in KEPT_BACK
    ]


OWNED = tuple(_owned())
BY_NAME = {name: owned for owned in OWNED for name in (owned.name, owned.wire)}
