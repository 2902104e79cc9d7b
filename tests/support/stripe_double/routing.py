"""Which resource answers which address."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.stripe_double.call import Call, Json

if TYPE_CHECKING:
    from tests.support.stripe_double.double import StripeDouble

Answering = Callable[["StripeDouble", Call], Json]


@dataclass(frozen=True, slots=True)
class Route:
    """An address as Stripe documents it, `/v1/transfers/{id}`, and who answers there."""

    method: str
    template: str
    answer: Answering

    def ids(self, method: str, path: str) -> dict[str, str] | None:
        """What stands in the address, if this is the one that is meant."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found and method == self.method else None


ROUTES: list[Route] = []


def route(method: str, template: str) -> Callable[[Answering], Answering]:
    """Declares what answers an address; what it returns is answered with 200.

    It changes the double's state at once or raises Refused: nothing happens in between.
    """

    def register(answer: Answering) -> Answering:
        # Longer first, and words before names: /search isn't an id.
        ROUTES.append(Route(method, template, answer))
        ROUTES.sort(key=lambda each: (each.template.count("{"), -len(each.template)))
        return answer

    return register


def readable(plural: str, kind: str, *, listed: tuple[str, ...] = ()) -> None:
    """Declares that objects of this kind can be read, and listed by these of their fields."""

    def one(double: "StripeDouble", call: Call) -> Json:
        return double.store.get(kind, call.ids["id"])

    def several(double: "StripeDouble", call: Call) -> Json:
        wanted = {name: call.text(name) for name in listed if name in call.params}
        return double.store.page(
            kind,
            call,
            lambda made: all(made.get(name) == value for name, value in wanted.items()),
        )

    route("GET", f"/v1/{plural}/{{id}}")(one)
    route("GET", f"/v1/{plural}")(several)
