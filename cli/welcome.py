"""What `up` says when everything runs: where it is, and what to do next."""

import http.client
import json

from cli.environment import MAIL_FILE, Installation

_INSTALL = {"adminName": "Ada", "adminEmail": "ada@example.com", "programName": "Acme Partners"}
_SECONDS = 5.0


def welcome(it: Installation) -> str:
    mail = it.folder / MAIL_FILE
    return (
        f"\nOpenPartner is running; Ctrl-C stops it.\n"
        f"  API     {it.api}\n"
        f"  router  {it.router}\n"
        f"  mail    {mail}\n\n"
        f"{_next_step(it)}\n"
    )


def _next_step(it: Installation) -> str:
    if not _needs_setup(it):
        return f"Next: open {it.api} and sign in, or try `make demo`."
    return (
        "Next: make yourself the admin, with your own name and address,\n"
        f"  curl {it.api}/api/install -H 'content-type: application/json' \\\n"
        f"    -d '{json.dumps(_INSTALL)}'\n"
        "and open the sign-in link that arrives in the mail file."
    )


def _needs_setup(it: Installation) -> bool:
    connection = http.client.HTTPConnection(it.api_host, it.api_port, timeout=_SECONDS)
    try:
        connection.request("GET", "/api/install/status")
        found = json.loads(connection.getresponse().read())
        return isinstance(found, dict) and found.get("needsSetup") is True
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
