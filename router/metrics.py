"""/metrics: figures that the parts count as plain numbers, dressed for Prometheus when it asks."""

import hmac
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from router.clicks import Clicks
from router.drain import Drain
from router.journal import Journal
from router.links import Links
from router.redirect import Redirect


class RouterFigures(Collector):
    """Counting costs nothing on the visitor's way; this runs once per scrape."""

    def __init__(
        self, links: Links, clicks: Clicks, drain: Drain, journal: Journal, redirect: Redirect
    ) -> None:
        self._links = links
        self._clicks = clicks
        self._drain = drain
        self._journal = journal
        self._redirect = redirect

    def collect(self) -> Iterable[Metric]:
        answers = CounterMetricFamily(
            "router_answers", "Answers to link requests.", labels=["answer"]
        )
        answered = self._redirect.figures
        answers.add_metric(["redirect"], answered.redirects)
        answers.add_metric(["unknown"], answered.unknown)
        answers.add_metric(["rate_limited"], answered.limited)
        answers.add_metric(["unavailable"], answered.unavailable)
        yield answers
        clicks, drain = self._clicks.figures, self._drain.figures
        yield CounterMetricFamily("router_clicks_stored", "Clicks committed.", value=clicks.stored)
        yield CounterMetricFamily(
            "router_clicks_journaled", "Clicks kept on disk.", value=clicks.journaled
        )
        yield CounterMetricFamily(
            "router_clicks_drained", "Clicks brought home from disk.", value=drain.drained
        )
        yield CounterMetricFamily(
            "router_clicks_lost", "Clicks given up.", value=clicks.lost + drain.lost
        )
        yield CounterMetricFamily(
            "router_journals_damaged", "Journals with a damaged record.", value=drain.damaged
        )
        yield GaugeMetricFamily(
            "router_journal_bytes", "Waiting on disk.", value=self._journal.waiting_bytes()
        )
        yield CounterMetricFamily("router_flushes", "Insert statements.", value=clicks.flushes)
        yield GaugeMetricFamily(
            "router_links", "Links in memory.", value=len(self._links.directory)
        )
        yield GaugeMetricFamily(
            "router_listening", "1 while changes of links arrive.", value=int(self._links.connected)
        )
        yield GaugeMetricFamily(
            "router_clock_ahead_seconds",
            "How far our clock is ahead of the database's.",
            value=self._links.clock.ahead,
        )


class MetricsPage:
    """Open without a token; with one, only for those who send it."""

    def __init__(self, collector: Collector, token: str | None) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(collector)
        self._expected = f"Bearer {token}".encode() if token else None

    async def __call__(self, request: Request) -> Response:
        if self._expected is not None:
            given = request.headers.get("authorization", "").encode("latin-1")
            if not hmac.compare_digest(given, self._expected):
                return PlainTextResponse(
                    "A token is needed", 401, headers={"www-authenticate": "Bearer"}
                )
        return Response(
            generate_latest(self._registry), media_type="text/plain; version=0.0.4; charset=utf-8"
        )
