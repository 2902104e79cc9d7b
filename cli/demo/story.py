"""Who comes, who buys what, and what that must earn: the whole plan, before anything is sent."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

VISITS = 300
CRAWLERS = 60
CUSTOMERS = 30
PERCENT = Decimal(20)
PARTNERS = ("Ana Alvarez", "Ben Becker")
# The smallest unit of each currency that the story uses.
SMALLEST = {"USD": Decimal("0.01"), "JPY": Decimal(1)}
PRICES = {
    "USD": ("200.00", "49.99", "19.95", "0.03"),
    "JPY": ("4980", "12345", "3"),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One click: through whose link, from which line, and who it turns out to be."""

    partner: int
    line: int
    customer: int | None = None
    is_crawler: bool = False


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a customer pays; `partner` is who should be credited."""

    customer: int
    partner: int
    value: Decimal
    currency: str

    @property
    def commission(self) -> Decimal:
        """Our own arithmetic, so that it means something when the product's agrees."""
        share = self.value * PERCENT / 100
        return share.quantize(SMALLEST[self.currency], ROUND_HALF_UP)


def visits() -> list[Visit]:
    """Customers come first; every sixth of them through the other partner's link before."""
    story = []
    for customer in range(CUSTOMERS):
        partner = _partner_of(customer)
        if customer % 6 == 0:
            story.append(Visit(1 - partner, customer, customer))
        story.append(Visit(partner, customer, customer))
    crowd = [Visit(line % 2, line, is_crawler=line < CUSTOMERS + CRAWLERS)
             for line in range(CUSTOMERS, VISITS - len(story) + CUSTOMERS)]  # fmt: skip
    Random(20).shuffle(crowd)
    return story + crowd


def invoices() -> list[Invoice]:
    """Two customers in three pay, and every fifth of all pays again: the campaign is recurring."""
    story = []
    for customer in range(CUSTOMERS):
        if customer % 3 == 2:  # noqa: PLR2004  # one in three only signs up
            continue
        currency = "USD" if customer % 2 == 0 else "JPY"
        prices = PRICES[currency]
        value = Decimal(prices[customer // 2 % len(prices)])
        times = 2 if customer % 5 == 0 else 1
        story += [Invoice(customer, _partner_of(customer), value, currency)] * times
    return story


def _partner_of(customer: int) -> int:
    """The last click's; in pairs, so that both partners bring customers of both currencies."""
    return customer // 2 % 2
