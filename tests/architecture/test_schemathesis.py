"""Whatever anybody sends, fitting or not, is answered as published: declared, in shape, never a 500."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.bodies import BODIES
from tests.support.brand import Brand, Json, found_brand
from tests.support.calls import RUINOUS, Premises, named
from tests.support.databases import Scratch
from tests.support.published import Operation, operations, schema

EXAMPLES = 24

# The access tests say what happens without a key, or with a wrong one.
CONFIG = schemathesis.Config.from_dict(
    {"generation": {"with-security-parameters": False, "deterministic": True}}
)
SCHEMA = schemathesis.openapi.from_dict(schema(), config=CONFIG)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is known to fit: an address that exists, and a body that is taken there."""

    ids: dict[str, str]
    body: Json | None
    headers: dict[str, str] | None = None


@pytest.fixture(scope="module")
async def battered(http: httpx2.AsyncClient, scratch: Scratch) -> Premises:
    """A brand that is there for it."""
    return Premises(await found_brand(http, scratch))


@pytest.mark.parametrize(
    "operation", [pytest.param(operation, id=operation.id) for operation in operations()]
)
async def test_every_answer_is_as_published(
    operation: Operation, battered: Premises, http: httpx2.AsyncClient, scratch: Scratch
) -> None:
    premises = battered
    if operation.id in RUINOUS:  # These get a brand of their own.
        premises = Premises(await found_brand(http, scratch))
    accepted = await known_to_fit(operation, premises)
    # In a thread, since the API runs in this one.
    await asyncio.to_thread(batter, operation, accepted, premises.brand)


async def known_to_fit(operation: Operation, premises: Premises) -> Accepted:
    if "requestBody" in operation.declared and operation.id in BODIES:
        write = await premises.write(operation)
        template = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", operation.path)
        found = re.fullmatch(template, f"/api{write.path}")
        assert found is not None
        return Accepted(found.groupdict(), write.body, write.headers)
    return Accepted({name: await premises.thing(kind) for name, kind in named(operation)}, None)


def batter(operation: Operation, accepted: Accepted, brand: Brand) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, accepted))
    def send(case: Case[Any]) -> None:
        headers = accepted.headers or brand.headers
        answer = case.call(base_url=str(brand.http.base_url), headers=headers, timeout=30)
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            declared = operation.responses[str(answer.status_code)]
            assert answer.json()["error"] in declared["x-codes"]

    send()


def cases(operation: Operation, accepted: Accepted) -> "st.SearchStrategy[Case[Any]]":
    """What fits by the schema, what is known to be taken, and what doesn't fit."""
    wanted: Any = SCHEMA[operation.path][operation.method]
    fitting, unfitting = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    choices = [wanted.as_strategy(generation_mode=fitting, path_parameters=accepted.ids or None)]
    if accepted.ids:
        choices.append(wanted.as_strategy(generation_mode=fitting))
    if accepted.body is not None:
        known = {"path_parameters": accepted.ids or None, "body": accepted.body}
        choices.append(wanted.as_strategy(generation_mode=fitting, **known))
    if operation.declared.get("parameters") or "requestBody" in operation.declared:
        choices.append(wanted.as_strategy(generation_mode=unfitting))
    return st.one_of(choices)
