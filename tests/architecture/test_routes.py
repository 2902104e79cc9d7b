"""What every route publishes: who may call it, what it is for, what it answers, and an example."""

from typing import Any

import jsonschema_rs
import pytest

from api.access.permissions import Permission
from tests.support.published import Operation, operations, schema

# What anybody may call, and why.
PUBLIC = {
    "get_health": "supervisors ask, who hold no key",
    "get_readiness": "load balancers ask, who hold no key",
    "get_metrics": "has a token of its own",
    "get_install_status": "asked before there is anybody",
    "install": "makes the first admin, once",
    "ask_to_sign_in": "never tells whether an address is known",
    "sign_in": "the mailed token is the proof",
    "sign_out": "clears whatever cookie there is",
    "sign_up_as_partner": "people become partners by themselves, as far as the brand lets them",
    "get_upload": "logos are shown in mails and on pages; their addresses can't be guessed",
    **{
        f"ask_network_{method}": "creators are the network's people: their session is with it"
        for method in ("get", "post", "put", "patch", "delete")
    },
    "identify_customer": "called by visitors' browsers, from the merchant's own pages",
    "check_domain": "asked by the proxy that fetches certificates",
    "get_branding": "shown before anybody has signed in",
    "sign_up": "makes a workspace, and its first admin proves the address",
    "ask_for_workspaces": "never tells whether an address is known",
    "sign_in_to_platform": "the mailed token is the proof",
    "sign_out_of_platform": "clears whatever cookies there are",
    "take_stripe_event": "only Stripe can sign what arrives there",
    "get_home": "tells a browser about its own cookies",
    "ask_for_console": "never tells whether an address is known",
    "sign_in_to_console": "the mailed token is the proof",
    "sign_out_of_console": "clears whatever cookie there is",
}

EVERY = [pytest.param(operation, id=operation.id) for operation in operations()]
every_route = pytest.mark.parametrize("operation", EVERY)


def successes(operation: Operation) -> dict[str, Any]:
    return {status: body for status, body in operation.responses.items() if status < "300"}


def test_every_route_needs_a_permission_or_is_public() -> None:
    open_to_all = {operation.id for operation in operations() if not operation.schemes}
    assert open_to_all == set(PUBLIC)


def test_what_asks_for_no_permission_is_above_all_brands() -> None:
    """Operators and people with several workspaces have cookies of their own, and no permissions."""
    for operation in operations():
        if operation.schemes and not operation.permissions:
            assert not operation.is_brands, operation.id
        elif operation.permissions:
            assert operation.schemes == {"Key", "Session"}, operation.id


def test_every_permission_that_a_route_needs_is_one_of_ours() -> None:
    needed = {permission for operation in operations() for permission in operation.permissions}
    assert needed - set(Permission) == set()


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.id for operation in operations()]
    assert sorted(names) == sorted(set(names))


@every_route
def test_a_route_says_what_it_is_for(operation: Operation) -> None:
    declared = operation.declared
    assert declared["summary"]
    assert declared["description"].rstrip().endswith("."), "its docstring is what people read"
    assert declared["tags"]


@every_route
def test_a_route_declares_what_can_go_wrong(operation: Operation) -> None:
    problems = {status: body for status, body in operation.responses.items() if not status < "400"}
    assert all(body["x-codes"] and body["description"] for body in problems.values())
    assert {"500", "503"} <= set(problems)
    if operation.permissions:
        assert "unauthorized" in problems["401"]["x-codes"]
        assert {"forbidden", "forbidden_scope"} <= set(problems["403"]["x-codes"])
    if "requestBody" in operation.declared:
        assert "invalid_body" in problems["400"]["x-codes"]
        assert "payload_too_large" in problems["413"]["x-codes"]
    if "{" in operation.path:
        assert "404" in problems


@every_route
def test_a_route_shows_an_example_that_fits_its_schema(operation: Operation) -> None:
    assert successes(operation), "a route has to say what it answers when all goes well"
    for status, answer in successes(operation).items():
        for kind, content in answer.get("content", {}).items():
            if kind == "application/json" and "schema" in content:
                assert "example" in content, f"{status} shows no example"
                validate(content["example"], content["schema"])


@every_route
def test_a_route_that_takes_a_body_shows_one(operation: Operation) -> None:
    content = operation.declared.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        validate(content["example"], content["schema"])


def validate(example: Any, wanted: dict[str, Any]) -> None:
    """Formats too: an example with an impossible date helps nobody."""
    whole = {**wanted, "components": schema()["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(example)
