"""The table at the end: what each partner brought and earned, as the product itself says."""

from cli.demo.walk import Partner

HEAD = ("partner", "clicks", "flagged", "customers", "events", "revenue", "paid")


def table(partners: list[Partner]) -> str:
    """Read through each partner's own browser."""
    rows = [HEAD, *map(_row, partners)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(_aligned(text, width, column) for column, (text, width) in enumerate(
            zip(row, widths, strict=True)))
        for row in rows
    ]  # fmt: skip
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _aligned(text: str, width: int, column: int) -> str:
    return text.rjust(width) if 0 < column < len(HEAD) - 2 else text.ljust(width)


def _row(partner: Partner) -> tuple[str, ...]:
    shown = partner.browser.get(f"/partners/{partner.id}/dashboard")
    funnel = partner.browser.get(f"/partners/{partner.id}/funnel")
    return (
        partner.name,
        str(shown["clicks"]),
        str(shown["flaggedClicks"]),
        str(funnel["stages"]["identities"]),
        str(shown["attributedEvents"]),
        _amounts(shown["attributedRevenue"]),
        _amounts(shown["commissionByStatus"]["paid"]),
    )


def _amounts(by_currency: dict[str, str]) -> str:
    """Side by side, never added up."""
    return ", ".join(f"{amount} {currency}" for currency, amount in sorted(by_currency.items()))
