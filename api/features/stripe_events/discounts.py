"""Promotion codes that a customer used, as the coupons of partners: in every place where Stripe puts them."""

from collections.abc import Iterator, Sequence

from api.features.redemptions.for_others import stitch
from api.features.stripe_events.books import Books
from api.features.stripe_events.facts import SOURCE
from api.features.stripe_events.heard import Heard, Json, id_of, listed
from api.features.stripe_events.looking import Look


async def codes_of(look: Look, subject: Json) -> list[str]:
    """What the customer typed; for a discount without a code of its own, the name of its coupon."""
    found = list(_discounts(subject))
    if any(isinstance(each, str) for each in found):
        # Newer versions name discounts by their ids alone.
        found = list(_discounts(await look.with_discounts(subject) or {}))
    codes = [await _code(look, each) for each in found if isinstance(each, dict)]
    return list(dict.fromkeys(code for code in codes if code is not None))


def _discounts(subject: Json) -> Iterator[object]:
    given = subject.get("discounts")
    yield from given if isinstance(given, list) else ()
    if isinstance(subject.get("discount"), dict):
        yield subject["discount"]
    details = subject.get("total_details")
    breakdown = details.get("breakdown") if isinstance(details, dict) else None
    for each in listed(breakdown.get("discounts") if isinstance(breakdown, dict) else None):
        yield each.get("discount")


async def _code(look: Look, discount: Json) -> str | None:
    promotion = discount.get("promotion_code")
    if isinstance(promotion, str):
        promotion = await look.promotion_code(promotion)
    if isinstance(promotion, dict) and isinstance(promotion.get("code"), str):
        return str(promotion["code"])
    source = discount.get("source")
    coupon = source.get("coupon") if isinstance(source, dict) else discount.get("coupon")
    return id_of(coupon)


async def redeem(
    books: Books, heard: Heard, codes: Sequence[str], user: str, external_id: str
) -> None:
    """The customer is their partner's, unless somebody's click counts already. Before the sale itself."""
    for code in codes:
        await stitch(
            books.session, code, user, heard.happened_at, external_id=external_id,
            payment=f"{SOURCE}:{external_id}",
        )  # fmt: skip
