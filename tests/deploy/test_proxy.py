"""The Caddyfile, run by Caddy itself: what reaches us, what doesn't, and over what."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.deploy.dockerfile import ROOT
from tests.support.debian import program
from tests.support.ports import free_port

PATIENCE = 30
HOSTS = ("portal.localhost", "go.localhost")


class Echo(BaseHTTPRequestHandler):
    """Stands where API and router stand, and says what reached it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        wanted = int(self.headers.get("content-length", "0"))
        size = len(self.rfile.read(wanted))
        if size < wanted:
            self.close_connection = True  # Cut short by the proxy, which listens no more.
            return
        body = json.dumps({"headers": dict(self.headers), "size": size}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815  # the library looks for this name

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class Proxy(NamedTuple):
    """A running Caddy, and the configuration that it made of our file."""

    port: int
    plain_port: int
    admin_port: int
    configuration: dict[str, Any]


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def proxy(echo: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("caddy")
    port, plain_port, admin_port = free_ports(3)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PORTAL_HOST": f"{HOSTS[0]}:{port}",
        "LINK_HOST": f"{HOSTS[1]}:{port}",
        "API_UPSTREAM": echo,
        "ROUTER_UPSTREAM": echo,
    }
    configuration = adapted(environment)
    configuration["admin"] = {"listen": f"127.0.0.1:{admin_port}"}
    configuration["apps"]["http"]["http_port"] = plain_port
    # Its own authority signs for this run; nobody else shall come to trust that.
    authority = {"certificate_authorities": {"local": {"install_trust": False}}}
    configuration["apps"]["pki"] = authority
    file = folder / "caddy.json"
    file.write_text(json.dumps(configuration))
    with (folder / "log").open("w") as log:
        command = [program("caddy"), "run", "--config", str(file)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            proxy = Proxy(port, plain_port, admin_port, configuration)
            wait_for_certificates(proxy, folder / "log")
            yield proxy
        finally:
            process.terminate()
            process.wait(PATIENCE)


def adapted(environment: dict[str, str]) -> dict[str, Any]:
    command = [program("caddy"), "adapt", "--config", str(ROOT / "deploy" / "Caddyfile")]
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("host", HOSTS)
def test_it_ends_tls_and_passes_on(proxy: Proxy, host: str) -> None:
    answer = ask(proxy, host, "GET", "/anything")
    assert answer.status == 200
    told = json.loads(answer.read())["headers"]
    assert told["Host"] == f"{host}:{proxy.port}"
    assert told["X-Forwarded-Proto"] == "https"


def test_a_visitor_can_not_make_up_an_address(proxy: Proxy) -> None:
    claim = {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}
    answer = ask(proxy, HOSTS[1], "GET", "/r/key", headers=claim)
    assert json.loads(answer.read())["headers"]["X-Forwarded-For"] == "127.0.0.1"


@pytest.mark.parametrize("host", HOSTS)
def test_figures_stay_inside(proxy: Proxy, host: str) -> None:
    assert ask(proxy, host, "GET", "/metrics").status == 404


@pytest.mark.parametrize(("host", "path", "fits", "too_large"), [
    (HOSTS[0], "/api/partners", 1024 * 1024, 3_000_000),
    (HOSTS[0], "/api/important", 1024 * 1024, 3_000_000),
    (HOSTS[1], "/r/key", 60_000, 100_000),
])  # fmt: skip
def test_bodies_are_bounded(proxy: Proxy, host: str, path: str, fits: int, too_large: int) -> None:
    answer = ask(proxy, host, "POST", path, body=b"x" * fits)
    assert json.loads(answer.read())["size"] == fits
    # Debian's Caddy notices while it passes the body on, and newer ones before.
    assert ask(proxy, host, "POST", path, body=b"x" * too_large).status in {413, 502}


@pytest.mark.parametrize("path", ["/api/import", "/api/t/acme/import/partners-csv?dryRun=true"])
def test_imports_may_be_larger(proxy: Proxy, path: str) -> None:
    answer = ask(proxy, HOSTS[0], "POST", path, body=b"x" * 12_000_000)
    assert json.loads(answer.read())["size"] == 12_000_000


def test_headers_are_bounded(proxy: Proxy) -> None:
    answer = ask(proxy, HOSTS[1], "GET", "/r/key", headers={"X-Long": "x" * 60_000})
    assert answer.status == 431


def test_slow_clients_are_bounded(proxy: Proxy) -> None:
    bounds = ("read_header_timeout", "read_timeout", "write_timeout", "idle_timeout")
    servers = proxy.configuration["apps"]["http"]["servers"].values()
    assert all(server[bound] > 0 for server in servers for bound in bounds)


def test_a_long_export_is_not_cut_off(proxy: Proxy) -> None:
    """Caddy ends an answer at this bound even while it is being read."""
    nanoseconds_an_hour = 3600 * 10**9
    servers = proxy.configuration["apps"]["http"]["servers"].values()
    assert all(server["write_timeout"] >= nanoseconds_an_hour for server in servers)


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    connection = HTTPConnection("127.0.0.1", proxy.plain_port, timeout=PATIENCE)
    connection.request("GET", "/r/key", headers={"Host": HOSTS[1]})
    answer = connection.getresponse()
    assert answer.status == 308
    assert str(answer.getheader("location")).startswith(f"https://{HOSTS[1]}")
    connection.close()


def test_its_health_is_where_compose_looks(proxy: Proxy) -> None:
    connection = HTTPConnection("127.0.0.1", proxy.admin_port, timeout=PATIENCE)
    connection.request("GET", "/config/")
    assert connection.getresponse().status == 200
    connection.close()


class ToHost(HTTPSConnection):
    """Connects to this machine, and asks for the host by name, as DNS would have it."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def ask(proxy: Proxy, host: str, method: str, path: str, **more: Any) -> HTTPResponse:
    connection = ToHost(host, proxy.port, timeout=PATIENCE)
    try:
        # It may answer, and hang up, before it has read everything.
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            connection.request(method, path, **more)
        answer = connection.getresponse()
        content = answer.read()
        answer.read = lambda: content  # type: ignore[method-assign,assignment,misc]  # read once, before closing
        return answer
    finally:
        connection.close()


def wait_for_certificates(proxy: Proxy, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    for host in HOSTS:
        while True:
            try:
                ask(proxy, host, "GET", "/")
                break
            except OSError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    """Different ones."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
