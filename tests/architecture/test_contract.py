"""The addresses that existing clients call are there, and no others without a reason."""

from collections.abc import Iterator

from router.redirect import PATH
from tests.support.published import operations
from tests.support.tree import ROOT

# The areas that are built; each later part of the product adds its own.
AREAS = {"money", "outbound", "people", "pipeline", "router", "tenants"}

# Addresses of our own, beside those that clients know already.
ADDITIONS = {
    "GET /api/api-keys/scopes": "what there is to choose from, in sentences",
    "POST /api/partners/{id}/approve": "lets in who signed up where an admin decides",
    "DELETE /api/config/mail/suppressions/{id}": "lets a refused address be written to again",
    "GET /api/config/mail/suppressions": "whom a mail server refused for good, and why",
    "GET /api/campaigns/{id}/tracking": "what routers make of a campaign's visits",
    "POST /api/campaigns/{id}/tracking": "parameters passed on, cookies by consent, paid ads",
    "GET /api/config/privacy": "for how long clicks are kept",
    "POST /api/config/privacy": "says for how long clicks are kept",
    "POST /api/privacy/erase": "forgets a customer, and leaves every sum as it was",
    "POST /api/fraud/backtest": "tries a rule on the past before it is switched on",
    "GET /api/config/fraud": "which rules judge clicks, and how strictly",
    "POST /api/config/fraud": "switches rules, and sets how strict they are",
    "GET /api/webhooks/samples/{event}": "what Zapier shows while somebody builds a Zap",
    "GET /api/billing/usage": "what was told to Stripe of a brand's sales, and what waits to be",
    "GET /api/audit": "who changed what: the trail that admins look at",
    "GET /api/attribution/events/{id}/explanation": "why an event was credited, or why not",
    "GET /api/export.sql": "the export as statements for psql",
    "GET /api/partners/{id}/postbacks/{postbackId}/deliveries": "what was fired, and what came of it",
    "POST /api/partners/{id}/postbacks/{postbackId}/test": "fires once, with data that never happened",
    "POST /api/webhooks/{id}/replay": "sends a time range again, after an outage of theirs",
    "POST /api/webhooks/{id}/rotate-secret": "a new secret beside the old one, for a day",
    "GET /api/admin/network/pushes": "what the network has yet to hear, and could not be told",
    "POST /api/admin/network/pushes/{id}/retry": "tells it once more",
    "DELETE /api/config/network": "leaves the network, and takes its key away",
    "DELETE /api/partners/{id}/coupons/{couponId}": "withdraws a code, which stays taken",
    "POST /api/campaigns/{id}/simulate": "what other terms, window or model would have paid",
    "GET /api/campaigns/{id}/simulations/{simulationId}": "what a simulation showed",
    "POST /api/campaigns/{id}/simulations/{simulationId}/apply": "books it as adjustments, once",
    "GET /api/campaigns/{id}/terms": "every version of what a campaign pays",
    "GET /api/domains": "host names of the brand's own",
    "POST /api/domains": "claims one",
    "POST /api/domains/{id}/verify": "looks into the DNS now",
    "DELETE /api/domains/{id}": "gives one up",
    "GET /api/domains/check": "whether to fetch a certificate for a name",
    "GET /api/branding": "how a portal shows before anybody has signed in",
    "GET /api/config/white-label": "whether the brand's name stands alone",
    "POST /api/config/white-label": "lets it, or not",
    "POST /api/platform-admin/signin": "the operators' console: asking for a link",
    "POST /api/platform-admin/verify": "spending it",
    "POST /api/platform-admin/signout": "and leaving again",
    "GET /api/platform-admin/me": "which operator this is",
    "GET /api/platform-admin/operators": "who runs the installation",
    "POST /api/platform-admin/operators": "lets somebody help",
    "POST /api/platform-admin/operators/{id}/revoke": "shuts an operator out",
    "GET /api/platform-admin/audit": "what operators did; nobody can change it",
    "GET /api/platform-admin/brands": "the brands, by state, slug, address or domain",
    "GET /api/platform-admin/brands/{id}": "one brand, with its people and links' destinations",
    "POST /api/platform-admin/brands/{id}/approve": "lets a brand go live",
    "POST /api/platform-admin/brands/{id}/reject": "shuts a brand, and bans who made it",
    "POST /api/platform-admin/brands/{id}/suspend": "shuts a brand for the time being",
    "PUT /api/platform-admin/brands/{id}/plan": "says that a brand pays outside Stripe",
    "POST /api/platform-admin/brands/{id}/reinstate": "opens it again",
    "POST /api/platform-admin/brands/{id}/campaigns/{campaignId}/block": "takes links down",
    "POST /api/platform-admin/brands/{id}/campaigns/{campaignId}/unblock": "puts them back",
    "GET /api/platform-admin/blocklist": "from where nobody may sign up",
    "POST /api/platform-admin/blocklist": "adds to it",
    "DELETE /api/platform-admin/blocklist/{id}": "takes from it",
    "POST /api/commissions/approve": "many at once, for whoever has many partners",
    "POST /api/partners/{id}/adjustments": "a bonus, a correction by hand, the forgiving of a debt",
    "GET /api/partners/{id}/adjustments": "what a partner got or owes besides commissions",
    "GET /api/partners/{id}/balance": "what a partner has earned, and where it is now",
    "GET /api/partners/{id}/ledger": "every movement that made the balance",
    "GET /api/corrections": "refunds and disputes, and which of them wait for their sale",
    "GET /api/payouts": "everybody's payouts, and which of them are stuck and why",
    "GET /api/payouts/{id}": "one payout, with all that was done to it and by whom",
    "GET /api/payouts/differences": "where our payouts and Stripe's transfers don't agree",
    "GET /api/payouts/runs": "the runs so far, each with whom it left out and why",
    "GET /api/payouts/runs/{id}.csv": "a run's payouts for whoever makes the bank transfers",
    "GET /api/partners/{id}/statements": "a partner's month, as the ledger has it",
    "GET /api/partners/{id}/statements.html": "the same to read",
    "GET /api/partners/{id}/statements.pdf": "the same to file",
    "POST /api/payouts/preview": "what a run would pay and leave out, before it does",
    "POST /api/payouts/{id}/approve": "a second person agrees to a large payout",
    "POST /api/payouts/{id}/recovery": "an operator decides on a payout that is stuck",
    "POST /api/payouts/{id}/undo": "takes back what was paid, or called paid, by mistake",
    "GET /api/stripe-events": "what Stripe told us, and what is stuck",
    "GET /api/stripe-events/{id}": "one of them, with what Stripe sent",
    "POST /api/stripe-events/replay": "understands everything again that is stuck",
    "POST /api/stripe-events/{id}/replay": "understands one again",
    "GET /ready": "whether requests can be served, for supervisors and load balancers",
}

# Served beside the API: at the root of its host, or by the router.
AT_THE_ROOT = ("/health", "/metrics", "/uploads")
ROUTER = "/r/"
EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")


def promised() -> Iterator[tuple[str, str]]:
    """Each `METHOD /path` with its area."""
    for line in (ROOT / "tests/contract/routes.tsv").read_text().splitlines():
        if not line.startswith("#"):
            method, path, area = line.split("\t")
            methods = EVERY_METHOD if method == "ANY" else (method,)
            prefix = "" if path.startswith((*AT_THE_ROOT, ROUTER)) else "/api"
            for one in methods:
                yield f"{one} {prefix}{path}", area


def test_every_address_of_the_areas_that_are_built_exists() -> None:
    wanted = {route for route, area in promised() if area in AREAS and ROUTER not in route}
    assert wanted - {str(operation) for operation in operations()} == set()


def test_the_router_answers_at_the_addresses_that_partners_shared() -> None:
    shared = [route.split()[1] for route, _ in promised() if ROUTER in route]
    assert shared
    plain = [path.translate({ord("{"): "", ord("}"): ""}).encode() for path in shared]
    assert [path for path in plain if not PATH.fullmatch(path)] == []


def test_no_address_exists_that_nobody_promised() -> None:
    known = {route for route, _ in promised()} | set(ADDITIONS)
    assert {str(operation) for operation in operations()} - known == set()


def test_every_addition_exists() -> None:
    assert set(ADDITIONS) - {str(operation) for operation in operations()} == set()
