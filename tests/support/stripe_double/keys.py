"""Idempotency keys, as Stripe keeps them: for 24 hours, for the very same request."""

from dataclasses import dataclass, field

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.refused import Refused

KEPT_SECONDS = 24 * 3600


@dataclass(slots=True)
class Kept:
    """A request under a key, and what was answered once it was."""

    request: tuple[str, str, Json]
    at: float
    answer: tuple[int, Json] | None = None


@dataclass(slots=True)
class Keys:
    """Each connected account has its own."""

    kept: dict[tuple[str | None, str], Kept] = field(default_factory=dict)

    def begin(self, call: Call, now: float) -> tuple[int, Json] | None:
        """What was answered before under this key; remembers the request if it is the first."""
        if call.key is None or call.method == "GET":
            return None
        place, request = (call.account, call.key), (call.method, call.path, call.params)
        known = self.kept.get(place)
        if known is None or now - known.at >= KEPT_SECONDS:
            self.kept[place] = Kept(request, now)
            return None
        if known.request != request:
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were"
                f" first used with. Try using a key other than '{call.key}'.",
                kind="idempotency_error",
            )
        if known.answer is None:
            raise Refused(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409, code="idempotency_key_in_use", kind="idempotency_error",
            )  # fmt: skip
        return known.answer

    def finish(self, call: Call, status: int, answer: Json) -> None:
        """From here on the key answers this."""
        if call.key is not None and call.method != "GET":
            self.kept[call.account, call.key].answer = status, answer

    def forget(self, call: Call) -> None:
        """Nothing was begun: the key is as good as new."""
        if call.key is not None and call.method != "GET":
            self.kept.pop((call.account, call.key), None)
