"""What can go wrong when usage is told to Stripe."""

from api.errors import Internal


class UsageReportFailed(Internal, code="usage_report_failed"):
    """Stripe did not take the report, for the `reason` given; the same report is tried again, once."""
