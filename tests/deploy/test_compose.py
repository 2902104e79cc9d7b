"""compose.yaml: it refuses to start without secrets, shows nothing but the proxy, and fits the settings."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from dotenv import dotenv_values

from api.settings import Settings
from router.settings import read_settings
from tests.deploy.dockerfile import ROOT, steps_of

REFERENCE = re.compile(r"\$\{([A-Z_]+)(?:(:[-?])([^}]*))?\}")
REQUIRED = {
    "MAIL_FROM": "Shop <hello@shop.example>",
    "PORTAL_HOST": "partners.shop.example",
    "LINK_HOST": "go.shop.example",
    "SECRETS_ENCRYPTION_KEY": "11" * 32,
    "POSTGRES_PASSWORD": "pw",
    "OPENPARTNER_OWNER_DB_PASSWORD": "pw",
    "OPENPARTNER_APP_DB_PASSWORD": "pw",
    "OPENPARTNER_ROUTER_DB_PASSWORD": "pw",
}
# Where a container has no use for a variable: it prints mail to its log, its ports are fixed, and
# no cookie or address of it is any other than what the proxy shows.
LEFT_TO_IMAGES = {
    "API_HOST", "API_PORT", "MAIL_CONSOLE_FILE", "ROUTER_HOST", "ROUTER_PORT",
    "ROUTER_JOURNAL_DIR",
}  # fmt: skip
SECRET = re.compile(r"PASSWORD|_KEY(S_OLD)?$|TOKEN")
PERMANENT = ("postgres", "api", "worker", "router", "proxy")

Document = dict[str, Any]


class MissingError(Exception):
    """What `docker compose` ends with when a required variable is unset or empty."""


def compose(**given: str) -> Document:
    """The file as `docker compose` reads it with this environment."""

    def filled(match: re.Match[str]) -> str:
        name, how, text = match.groups()
        if given.get(name):
            return given[name]
        if how == ":?":
            raise MissingError(name)
        return text or ""

    def fill(value: Any) -> Any:
        # After parsing, as Compose does: what is empty then is an empty string, not nothing.
        if isinstance(value, dict):
            return {key: fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner) for inner in value]
        return REFERENCE.sub(filled, value) if isinstance(value, str) else value

    found: Document = fill(yaml.safe_load(text_of_compose()))
    return found


def text_of_compose() -> str:
    return (ROOT / "compose.yaml").read_text()


@pytest.mark.parametrize("name", REQUIRED)
def test_nothing_starts_without(name: str) -> None:
    given = {**REQUIRED, name: ""}
    with pytest.raises(MissingError, match=name):
        compose(**given)


def test_what_the_guide_says_is_enough(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    guide = (ROOT / "docs" / "guides" / "deploy.md").read_text()
    secrets = guide.partition("## 2. Secrets")[2].partition("```sh\n")[2].partition("```")[0]
    subprocess.run(["sh", "-eu", "-c", secrets], cwd=tmp_path, check=True)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    given = {name: value or "" for name, value in dotenv_values(tmp_path / ".env").items()}
    assert len(given["SECRETS_ENCRYPTION_KEY"]) == 64
    names = {"PORTAL_HOST": "partners.shop.example", "LINK_HOST": "go.shop.example"}
    services = compose(**{**given, **names})["services"]
    assert "pw" not in services["api"]["environment"]["DATABASE_URL_APP"]


def test_no_secret_has_a_default() -> None:
    for name, _, default in REFERENCE.findall(text_of_compose()):
        if SECRET.search(name):
            assert default == "" or default.startswith("set "), name


@pytest.mark.parametrize("name", PERMANENT)
def test_a_service_is_watched_restarted_and_kept_small_in_rights(name: str) -> None:
    service = compose(**REQUIRED)["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("privileged") is None
    if "healthcheck" in service:
        assert service["healthcheck"]["test"][0] == "CMD"
    else:
        steps = steps_of(ROOT / service["build"]["dockerfile"])
        assert any(step.word == "HEALTHCHECK" for step in steps)


def test_the_migration_ends_before_anything_of_ours_starts() -> None:
    services = compose(**REQUIRED)["services"]
    assert set(services) == {*PERMANENT, "migrate"}
    assert services["migrate"]["restart"] == "on-failure"
    assert services["migrate"]["command"] == ["openpartner", "migrate"]
    for name in ("api", "worker", "router"):
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_only_the_proxy_is_reached_from_outside_and_the_database_from_inside_alone() -> None:
    document = compose(**REQUIRED)
    services = document["services"]
    assert [name for name in services if "ports" in services[name]] == ["proxy"]
    assert services["postgres"]["networks"] == ["data"]
    assert document["networks"]["data"] == {"internal": True}
    assert services["proxy"]["networks"] == ["front"]


def test_a_serving_container_is_told_no_password_but_its_own() -> None:
    secrets = {name: f"secret-of-{name}" for name in REQUIRED if name.endswith("PASSWORD")}
    services = compose(**{**REQUIRED, **secrets})["services"]
    for name, own in (("api", "APP"), ("worker", "APP"), ("router", "ROUTER")):
        told = str(services[name]["environment"])
        found = {word for word in secrets.values() if word in told}
        assert found == {f"secret-of-OPENPARTNER_{own}_DB_PASSWORD"}


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_api_starts_with_what_it_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in compose(**REQUIRED)["services"][name]["environment"].items():
        monkeypatch.setenv(variable, str(value))
    settings = Settings()
    assert settings.openpartner_env == "production"
    assert settings.is_https
    assert settings.people_url == "https://partners.shop.example"


def test_the_router_starts_with_what_it_is_given() -> None:
    given = compose(**REQUIRED)["services"]["router"]["environment"]
    settings = read_settings({name: str(value) for name, value in given.items()})
    assert settings.secure_cookie
    assert settings.trusted_proxies


def test_every_setting_can_be_made_in_compose() -> None:
    services = compose(**REQUIRED)["services"]
    told = set().union(*(services[name]["environment"] for name in ("api", "worker")))
    wanted = {name.upper() for name in Settings.model_fields}
    assert wanted - told <= LEFT_TO_IMAGES


def test_what_is_mounted_from_here_is_here() -> None:
    mounted = [
        volume.split(":")[0]
        for service in compose(**REQUIRED)["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    assert mounted == ["./deploy/Caddyfile"]
    assert all(Path(ROOT, path).is_file() for path in mounted)
