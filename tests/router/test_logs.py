"""Log lines: JSON, with the request's id, and nothing in them that opens a door."""

import json
import logging
import subprocess
import sys
from pathlib import Path

from shared.logs import HIDDEN, hide_secrets

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import logging, structlog
from shared.logs import configure_logs
configure_logs("INFO", "router")
structlog.contextvars.bind_contextvars(request_id="r-1")
structlog.get_logger("ours").info("hello", api_key="op_" + "x" * 30, links=3)
logging.getLogger("theirs").warning("login as %s", "postgres://me:hunter2@db/x")
try:
    raise ValueError("Bearer abcdefgh12345678")
except ValueError:
    structlog.get_logger("ours").exception("failed")
structlog.get_logger("ours").debug("quiet")
"""


def test_every_line_is_json_and_secrets_are_hidden() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, check=True, capture_output=True, text=True
    )
    hello, login, failed = (json.loads(line) for line in run.stdout.splitlines())
    assert hello["event"] == "hello"
    assert (hello["service"], hello["level"], hello["logger"]) == ("router", "info", "ours")
    assert (hello["request_id"], hello["links"], hello["api_key"]) == ("r-1", 3, HIDDEN)
    assert login["event"] == f"login as postgres://me:{HIDDEN}@db/x"
    assert login["request_id"] == "r-1"
    assert "ValueError" in failed["exception"]
    assert "abcdefgh" not in run.stdout


def test_secrets_are_hidden_however_deep() -> None:
    event = {
        "headers": {"Authorization": "Bearer x", "Cookie": "a=b", "Accept": "*/*"},
        "list": ["sk_live_" + "a" * 20, {"password": "p"}],
        "token": None,
        "tokens_left": 3,
        "event": "key whsec_" + "b" * 20 + " was used",
    }
    assert hide_secrets(logging, "info", event) == {
        "headers": {"Authorization": HIDDEN, "Cookie": HIDDEN, "Accept": "*/*"},
        "list": [f"sk_live_{HIDDEN}", {"password": HIDDEN}],
        "token": None,
        "tokens_left": 3,
        "event": f"key whsec_{HIDDEN} was used",
    }
