"""Each image, built in a scratch folder from its Dockerfile, and then started as its own user."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from cli.postgres import Postgres
from cli.secrets_file import SecretsFile
from tests.deploy.dockerfile import ROOT, Stage, build, steps_of
from tests.support.ports import free_port

PASSWORDS = {f"OPENPARTNER_{name}_DB_PASSWORD": f"{name.lower()}-pw" for name in
             ("OWNER", "APP", "ROUTER")}  # fmt: skip
KEY = "11" * 32
PATIENCE = 60


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """Open to the image's user, who is somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="op-deploy-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def api_image(scratch: Path) -> Stage:
    (scratch / "api").mkdir()
    return build(ROOT / "Dockerfile.api", scratch / "api")


@pytest.fixture(scope="module")
def router_image(scratch: Path) -> Stage:
    (scratch / "router").mkdir()
    return build(ROOT / "Dockerfile.router", scratch / "router")


@pytest.fixture(scope="module")
def database(scratch: Path, api_image: Stage) -> Iterator[str]:
    """`host:port/name` of a database that the API's image has migrated."""
    port = free_port()
    server = Postgres(scratch / "pg", fsync=False, tcp_port=port)
    with ExitStack() as stack:
        stack.callback(server.destroy)
        server.start()
        password = SecretsFile(scratch / "pg").get("postgres_password")
        where = f"127.0.0.1:{port}/openpartner"
        migrate = run(
            api_image,
            ["openpartner", "migrate"],
            {"DATABASE_URL": f"postgresql://postgres:{password}@{where}", **PASSWORDS},
        )
        assert migrate.wait(PATIENCE) == 0
        yield where


def test_the_api_image_answers_and_writes_nothing_into_itself(
    api_image: Stage, database: str
) -> None:
    port, before = free_port(), contents(api_image)
    with running(api_image, api_image.command, api_variables(database, port)):
        assert get(port, "/health", '"service":"api"')
        assert get(port, "/ready", '"ok":true')
        healthy = run(api_image, api_image.health, {"API_PORT": str(port)})
        assert healthy.wait(PATIENCE) == 0
    assert contents(api_image) == before
    unhealthy = run(api_image, api_image.health, {"API_PORT": str(port)}, quiet=True)
    assert unhealthy.wait(PATIENCE) != 0


def test_the_api_image_runs_the_worker(api_image: Stage, database: str, scratch: Path) -> None:
    folder = scratch / "ready"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    ready = folder / "worker.ready"
    variables = api_variables(database, 1) | {"OPENPARTNER_READY_FILE": str(ready)}
    with running(api_image, ["python", "-m", "api.worker"], variables) as process:
        until(ready.exists, process)


def test_the_router_image_answers_and_knows_no_link_yet(router_image: Stage, database: str) -> None:
    port, before = free_port(), contents(router_image)
    url = f"postgresql://openpartner_router:{PASSWORDS['OPENPARTNER_ROUTER_DB_PASSWORD']}@"
    variables = {
        "DATABASE_URL_ROUTER": url + database,
        "SECRETS_ENCRYPTION_KEY": KEY,
        "ROUTER_PORT": str(port),
    }
    with running(router_image, router_image.command, variables):
        assert get(port, "/health", '"service":"router"')
        healthy = run(router_image, router_image.health, {"ROUTER_PORT": str(port)})
        assert healthy.wait(PATIENCE) == 0
        with pytest.raises(HTTPError) as missing:
            urlopen(f"http://127.0.0.1:{port}/r/nobody", timeout=5)
        missing.value.close()
        assert missing.value.code == 404
    assert contents(router_image) == before


def test_the_router_image_holds_the_router_and_nothing_heavy(router_image: Stage) -> None:
    ours = {path.name for path in router_image.workdir.iterdir()}
    assert ours == {".venv", "journal", "router", "shared"}
    packages = {path.name for path in router_image.workdir.glob(".venv/lib/*/site-packages/*")}
    assert not packages & {"fastapi", "pydantic", "alembic", "jinja2", "typer", "pip"}


@pytest.mark.parametrize("name", ["Dockerfile.api", "Dockerfile.router"])
def test_an_image_is_slim_and_never_root(name: str) -> None:
    steps = steps_of(ROOT / name)
    assert [step.rest for step in steps if step.word == "FROM"] == [
        "python:3.11-slim AS build",
        "python:3.11-slim",
    ]
    users = [step.rest for step in steps if step.word == "USER"]
    assert users == ["10001:10001"]
    installs = [step.rest for step in steps if "install" in step.rest.split()]
    assert all("--require-hashes" in rest for rest in installs)


def test_the_routers_last_step_imports_it() -> None:
    last = steps_of(ROOT / "Dockerfile.router")[-1]
    assert (last.word, last.rest) == ("RUN", 'python -c "import router.main"')


def contents(image: Stage) -> set[Path]:
    """What must stay as it was built; the journal is a volume."""
    journal = image.workdir / "journal"
    return {path for path in image.root.rglob("*") if journal not in path.parents}


def api_variables(database: str, port: int) -> dict[str, str]:
    password = PASSWORDS["OPENPARTNER_APP_DB_PASSWORD"]
    return {
        "DATABASE_URL_APP": f"postgresql+asyncpg://openpartner_app:{password}@{database}",
        "SECRETS_ENCRYPTION_KEY": KEY,
        "API_PORT": str(port),
        "API_URL": "https://portal.example",
        "PORTAL_URL": "https://portal.example",
        "ROUTER_URL": "https://go.example",
        "MAIL_FROM": "Shop <hello@shop.example>",
    }


def run(
    image: Stage, command: list[str], variables: dict[str, str], *, quiet: bool = False
) -> subprocess.Popen[bytes]:
    """A command in the image, as its user where we may become somebody else who finds our Python."""
    uid, gid = map(int, image.user.split(":"))
    other = os.geteuid() == 0 and is_open(Path(sys.executable).resolve())
    environment = image.variables(**({"HOME": "/"} | variables))
    return subprocess.Popen(
        ["/usr/bin/env", *command],
        cwd=image.workdir,
        env=environment,
        user=uid if other else None,
        group=gid if other else None,
        extra_groups=[] if other else None,
        stderr=subprocess.DEVNULL if quiet else None,
    )


@contextmanager
def running(
    image: Stage, command: list[str], variables: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = run(image, command, variables)
    try:
        yield process
        assert process.poll() is None, "it ended by itself"
    finally:
        process.terminate()
        assert process.wait(PATIENCE) in {0, -15}, "it didn't stop cleanly"


def is_open(path: Path) -> bool:
    """Whether everybody may go there."""
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


def get(port: int, path: str, expected: str) -> bool:
    """Whether it says so, once it answers at all."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return expected in answer.read().decode().replace(" ", "")
        except OSError:
            assert time.monotonic() < deadline, f"{path} never answered"
            time.sleep(0.1)


def until(happened: object, process: subprocess.Popen[bytes]) -> None:
    assert callable(happened)
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.1)
