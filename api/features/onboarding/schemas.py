"""The wire of a brand's first steps."""

from typing import Literal

from api.fields import Out, UtcTime


class OnboardingStatus(Out):
    """What is done and what is left; the network's figures are zero while it doesn't answer.

    `complete` asks for a name and a support address, a campaign, a partner, and a plan where one is
    needed; the creator network is the brand's choice. `partnersWaiting` applied and wait for an
    admin.
    """

    brand_info_complete: bool
    campaign_count: int
    network_connected: bool
    offering_published_count: int
    partner_count: int
    partners_waiting: int
    pending_partnership_requests: int
    billing_ready: bool
    trial_ends_at: UtcTime | None
    trial_days_remaining: int | None
    approval_status: Literal["pending", "approved", "rejected"]
    base_url: str
    complete: bool
