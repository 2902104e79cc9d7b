"""Who may do what: the whole policy on one screen."""

from api.access.permissions import Permission as P  # noqa: N817  # so that the policy reads as a table

# An admin runs the whole program.
ADMIN = frozenset(P)

# A partner sees and does what is their own; routes check that the partner in the address is them.
PARTNER = frozenset(
    {
        P.COMMISSIONS_READ,
        P.COUPONS_READ,
        P.CONNECT_READ,
        P.CONNECT_START,
        P.DASHBOARDS_READ,
        P.FUNNELS_READ,
        P.LEDGER_READ,
        P.LINKS_READ,
        P.LINKS_WRITE,
        P.MY_CAMPAIGNS_READ,
        P.NETWORK_BROWSE,
        P.NETWORK_PARTICIPATE,
        P.PARTNER_KEYS_READ,
        P.PARTNER_KEYS_WRITE,
        P.PARTNER_TERMS_READ,
        P.PARTNERS_READ,
        P.PAYOUTS_READ,
        P.POSTBACKS_READ,
        P.POSTBACKS_WRITE,
        P.PROGRAM_READ,
        P.SELF_READ,
        P.STATEMENTS_READ,
    }
)

# A scope permits exactly these operations and never turns its holder into an admin.
SCOPES: dict[str, frozenset[P]] = {
    "partners:read": frozenset({P.PARTNERS_LIST, P.DASHBOARDS_READ}),
    "partners:write": frozenset({P.PARTNERS_WRITE}),
    "links:read": frozenset({P.LINKS_READ}),
    "links:write": frozenset({P.LINKS_WRITE}),
    "commissions:read": frozenset({P.COMMISSIONS_LIST, P.COMMISSIONS_READ}),
    "events:write": frozenset({P.EVENTS_WRITE}),
    "identify:write": frozenset({P.IDENTITIES_WRITE}),
    "clicks:write": frozenset({P.CLICKS_WRITE}),
    "webhooks:write": frozenset({P.WEBHOOKS_SUBSCRIBE}),
}

# What each scope means, in the sentence that people see when they mint a key.
SCOPE_SENTENCES: dict[str, str] = {
    "partners:read": "List and search partners, and see their totals.",
    "partners:write": "Invite partners and shut them out.",
    "links:read": "See partners' links.",
    "links:write": "Make links for partners.",
    "commissions:read": "See commissions.",
    "events:write": "Report what customers did.",
    "identify:write": "Say which customer a click became.",
    "clicks:write": "Hand in clicks recorded elsewhere.",
    "webhooks:write": "Subscribe to events and unsubscribe again.",
}


# The scopes that usual integrations need, so that nobody has to guess.
BUNDLES: dict[str, tuple[str, ...]] = {
    "network": (
        "partners:write",
        "partners:read",
        "links:write",
        "commissions:read",
        "clicks:write",
    ),
    "crm": (
        "events:write",
        "partners:write",
        "partners:read",
        "commissions:read",
        "webhooks:write",
    ),
}


def permitted_by(scopes: list[str]) -> frozenset[P]:
    """Everything that a key with these scopes may do; every key sees itself, the program and the network."""
    granted = {P.SELF_READ, P.PROGRAM_READ, P.NETWORK_BROWSE}
    for scope in scopes:
        granted |= SCOPES.get(scope, frozenset())
    return frozenset(granted)
