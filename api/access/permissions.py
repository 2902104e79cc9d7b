"""Every permission, with what it lets a caller do."""

from enum import StrEnum


class Permission(StrEnum):
    """`noun:action`; public strings, shown in OpenAPI beside every route."""

    ACCOUNT_DELETE = "account:delete"
    """Delete the whole workspace, or keep it after all."""

    ACCOUNT_READ = "account:read"
    """See whether the workspace is about to be deleted."""

    ADJUSTMENTS_WRITE = "adjustments:write"
    """Give partners a bonus, correct what they were paid, and write off what they owe."""

    ADMINS_READ = "admins:read"
    """See who runs the program."""

    ADMINS_WRITE = "admins:write"
    """Invite admins, shut them out and let them back in."""

    API_KEYS_READ = "api_keys:read"
    """See which keys exist, never the keys themselves."""

    API_KEYS_WRITE = "api_keys:write"
    """Make and revoke keys."""

    AUDIT_READ = "audit:read"
    """See who changed what."""

    BILLING_READ = "billing:read"
    """See what the brand pays for this platform."""

    BILLING_WRITE = "billing:write"
    """Choose a plan, and pay for it."""

    CAMPAIGNS_READ = "campaigns:read"
    """See every campaign and its terms."""

    CAMPAIGNS_WRITE = "campaigns:write"
    """Make and change campaigns."""

    CLICKS_REVIEW = "clicks:review"
    """See flagged clicks and decide on them."""

    CLICKS_WRITE = "clicks:write"
    """Hand in clicks that were recorded elsewhere."""

    COMMISSIONS_LIST = "commissions:list"
    """See everybody's commissions."""

    COMMISSIONS_READ = "commissions:read"
    """See one partner's commissions."""

    COMMISSIONS_REVIEW = "commissions:review"
    """Approve and reverse commissions."""

    CORRECTIONS_READ = "corrections:read"
    """See refunds and disputes, and which of them wait for their sale."""

    COUPONS_READ = "coupons:read"
    """See a partner's coupons and what came of them."""

    COUPONS_WRITE = "coupons:write"
    """Give partners coupons, and withdraw them."""

    DASHBOARDS_READ = "dashboards:read"
    """See a partner's totals."""

    EVENTS_EXPLAIN = "events:explain"
    """See why an event was credited, or why not."""

    DOMAINS_READ = "domains:read"
    """See the brand's own host names, and how it shows there."""

    DOMAINS_WRITE = "domains:write"
    """Claim host names, and decide how the brand shows there."""

    EVENTS_WRITE = "events:write"
    """Report what customers did."""

    EXPORTS_READ = "exports:read"
    """Take along everything that the brand owns."""

    FRAUD_READ = "fraud:read"
    """See which rules judge clicks, and try what they would do."""

    FRAUD_WRITE = "fraud:write"
    """Switch rules that judge clicks."""

    FUNNELS_READ = "funnels:read"
    """See how a partner's clicks become customers."""

    GRANTS_READ = "grants:read"
    """See which campaigns a partner may promote."""

    GRANTS_WRITE = "grants:write"
    """Let a partner promote campaigns, or no longer."""

    IDENTITIES_WRITE = "identities:write"
    """Say which customer a click became, where browsers aren't believed."""

    IMPORTS_WRITE = "imports:write"
    """Put back what was exported."""

    LEDGER_READ = "ledger:read"
    """See a partner's balances, and every movement that made them."""

    LINKS_READ = "links:read"
    """See a partner's links."""

    LINKS_WRITE = "links:write"
    """Make links for a partner."""

    MAIL_SETTINGS_READ = "mail_settings:read"
    """See how mail leaves, never a secret."""

    MAIL_SETTINGS_WRITE = "mail_settings:write"
    """Say how mail leaves, and try it."""

    MY_CAMPAIGNS_READ = "my_campaigns:read"
    """See the campaigns that one may promote oneself."""

    NETWORK_BROWSE = "network:browse"
    """See what the creator network offers."""

    NETWORK_PARTICIPATE = "network:participate"
    """Apply to offerings as a creator, and see what became of it."""

    NETWORK_READ = "network:read"
    """See the connection to the creator network, and what goes on there."""

    NETWORK_WRITE = "network:write"
    """Connect to the creator network, make offerings and decide on requests."""

    ONBOARDING_READ = "onboarding:read"
    """See how far the brand has come since it signed up."""

    OVERVIEW_READ = "overview:read"
    """See the totals of the whole program."""

    PARTNER_KEYS_READ = "partner_keys:read"
    """See which keys a partner has."""

    PARTNER_KEYS_WRITE = "partner_keys:write"
    """Make keys for a partner, and revoke them."""

    PARTNER_TERMS_READ = "partner_terms:read"
    """See what was agreed with a partner, campaign by campaign."""

    PARTNER_TERMS_WRITE = "partner_terms:write"
    """Agree on other terms with a partner."""

    PARTNERS_APPROVE = "partners:approve"
    """Let in who applied to become a partner."""

    PARTNERS_LIST = "partners:list"
    """List and search partners."""

    PARTNERS_READ = "partners:read"
    """See one partner."""

    PARTNERS_REINSTATE = "partners:reinstate"
    """Let a revoked partner back in."""

    PARTNERS_WRITE = "partners:write"
    """Invite partners and shut them out."""

    CONNECT_READ = "connect:read"
    """See whether a partner can be paid through Stripe."""

    CONNECT_START = "connect:start"
    """Begin to connect a partner's Stripe account."""

    PAYOUT_SETTINGS_READ = "payout_settings:read"
    """See how and how often partners are paid."""

    PAYOUT_SETTINGS_WRITE = "payout_settings:write"
    """Decide how and how often partners are paid, and stop all payouts."""

    PAYOUTS_LIST = "payouts:list"
    """See everybody's payouts, and what keeps one from arriving."""

    PAYOUTS_READ = "payouts:read"
    """See a partner's payouts."""

    PAYOUTS_RUN = "payouts:run"
    """Gather approved commissions into payouts, and say that they were paid."""

    PAYOUTS_RECOVER = "payouts:recover"
    """Decide on payouts of which nobody knows whether they arrived."""

    STATEMENTS_READ = "statements:read"
    """See a partner's statements."""

    POSTBACKS_READ = "postbacks:read"
    """See a partner's postbacks and what came of them."""

    POSTBACKS_WRITE = "postbacks:write"
    """Add, change, test and delete a partner's postbacks."""

    PRIVACY_ERASE = "privacy:erase"
    """Erase a person."""

    PRIVACY_READ = "privacy:read"
    """See for how long clicks are kept."""

    PRIVACY_WRITE = "privacy:write"
    """Say for how long clicks are kept."""

    PROGRAM_READ = "program:read"
    """See what the program is called and how it looks."""

    PROGRAM_WRITE = "program:write"
    """Name the program, and change how it looks."""

    SELF_READ = "self:read"
    """See who one is, and what one may do."""

    SIGNUP_POLICY_READ = "signup_policy:read"
    """See whether people can become partners by themselves."""

    SIGNUP_POLICY_WRITE = "signup_policy:write"
    """Decide whether people can become partners by themselves."""

    STRIPE_EVENTS_READ = "stripe_events:read"
    """See what Stripe told us, and what is stuck."""

    STRIPE_EVENTS_REPLAY = "stripe_events:replay"
    """Have an event of Stripe's understood again."""

    TRACKING_READ = "tracking:read"
    """See what routers make of a campaign's visits."""

    TRACKING_WRITE = "tracking:write"
    """Say what routers make of a campaign's visits."""

    SIMULATIONS_RUN = "simulations:run"
    """See what other terms would have paid."""

    SIMULATIONS_APPLY = "simulations:apply"
    """Book what other terms would have paid."""

    WEBHOOKS_READ = "webhooks:read"
    """See endpoints and what was sent to them."""

    WEBHOOKS_SUBSCRIBE = "webhooks:subscribe"
    """Subscribe to events, and unsubscribe again."""

    WEBHOOKS_WRITE = "webhooks:write"
    """Change, test and replay endpoints."""
