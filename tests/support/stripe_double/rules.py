"""What a request must be for Stripe to understand it: its OpenAPI and its library's types agree."""

from tests.support.stripe_double import openapi, parameter_types
from tests.support.stripe_double.call import Call


def violations(call: Call, template: str) -> list[str]:
    """Sentences about what is wrong with a request; none for a good one.

    An address that only one of the two knows is held to that one. Parameters that came after the
    published document are held to the types alone.
    """
    where = f"{call.method} {template}"
    documented = openapi.operation(call.method, template)
    typed = parameter_types.of(call.method, template)
    if documented is None and typed is None:
        return [f"{where}: Stripe has no such address"]
    found = [f"{where}: {problem}" for problem in _headers(call)]
    newer: set[str] = set()
    if typed is not None:
        found += [f"{where}: {problem}" for problem in parameter_types.problems(typed, call.params)]
        newer = set(typed.__annotations__)
    if documented is not None:
        told = openapi.problems(documented, call.params, known_since=newer)
        found += [f"{where}: {problem}" for problem in told]
    return found


def _headers(call: Call) -> list[str]:
    if call.headers.get("stripe-version") != parameter_types.API_VERSION:
        return ["the API version is not pinned"]
    if call.method == "POST" and not call.key:
        return ["a POST without an idempotency key"]
    return []
