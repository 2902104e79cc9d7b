"""Whether the environment's variables are right, each by itself and together."""

import difflib
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import ValidationError

from api.settings import Settings
from cli.doctor.finding import Finding, fail, ok, warn
from cli.project import ROOT

AREA = "environment"
HARMLESS = {"localhost", "127.0.0.1", "::1"}


def examine_variables(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Never repeats a value: many are secrets."""
    wrong = [*_api_problems(variables), *_router_problems(variables)]
    yield from wrong
    if not wrong:
        yield ok(
            AREA, f"Every variable can be read ({variables.get('OPENPARTNER_ENV', 'production')})."
        )
    yield from _typing_errors(ROOT / ".env", ROOT / ".env.example")
    yield from _examples_kept(variables)
    if _in_production(variables):
        yield from _exposed(variables)


def settings_of(variables: Mapping[str, str]) -> Settings | None:
    """The API's settings, or None where they don't hold together."""
    try:
        return Settings.model_validate(_given(variables))
    except ValidationError:
        return None


def _given(variables: Mapping[str, str]) -> dict[str, str]:
    known = {name.upper(): name for name in Settings.model_fields}
    return {known[name]: value for name, value in variables.items() if name in known and value}


def _api_problems(variables: Mapping[str, str]) -> Iterator[Finding]:
    try:
        Settings.model_validate(_given(variables))
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = str(problem["loc"][0]).upper() if problem["loc"] else ""
            reason = problem["msg"].removeprefix("Value error, ")
            says = f"{name}: {reason}." if name else f"{reason}."
            yield fail(AREA, says, "Correct it in the environment or in .env; see .env.example.")


def _router_problems(variables: Mapping[str, str]) -> Iterator[Finding]:
    if find_spec("router") is None or "DATABASE_URL_ROUTER" not in variables:
        return  # The API's image has no router in it.
    from router.settings import SettingsError, read_settings  # noqa: PLC0415  # see above

    try:
        read_settings(variables)
    except SettingsError as error:
        fix = "Correct it in the environment or in .env; see .env.example."
        yield fail(AREA, f"{error}.", fix)


def _typing_errors(own: Path, example: Path) -> Iterator[Finding]:
    if not (own.exists() and example.exists()):
        return
    known = dotenv_values(example, interpolate=False).keys()
    for name in dotenv_values(own, interpolate=False).keys() - known:
        near = difflib.get_close_matches(name, known, n=1)
        fix = f"Did you mean {near[0]}?" if near else "Remove it; .env.example lists what is read."
        yield warn(AREA, f"Nothing reads {name}, which .env sets.", fix)


def _examples_kept(variables: Mapping[str, str]) -> Iterator[Finding]:
    key = variables.get("SECRETS_ENCRYPTION_KEY", "")
    if key and len(set(key)) <= 2:  # noqa: PLR2004  # no random key has so few different digits
        says = "SECRETS_ENCRYPTION_KEY is not random."
        yield fail(AREA, says, "Make one with `openssl rand -hex 32`, and keep a copy of it.")


def _in_production(variables: Mapping[str, str]) -> bool:
    return variables.get("OPENPARTNER_ENV", "production") == "production"


def _exposed(variables: Mapping[str, str]) -> Iterator[Finding]:
    """What is fine at home and not on the internet."""
    for name, default in (("API_URL", "http://localhost:4601"), ("PORTAL_URL", ""),
                          ("ROUTER_URL", "http://localhost:4701")):  # fmt: skip
        url = urlsplit(variables.get(name) or default)
        if url.netloc and (url.scheme != "https" or url.hostname in HARMLESS):
            yield fail(AREA, f"{name} is not an https address that strangers can reach.",
                       f"Set {name} to where a browser finds it, beginning with https://.")  # fmt: skip
    if not variables.get("METRICS_TOKEN"):
        says = "METRICS_TOKEN is not set, so /metrics answers whoever reaches the ports."
        yield warn(AREA, says, "Set it, or keep /metrics behind a proxy as deploy/Caddyfile does.")
