"""The `openpartner` command: every operator's task, one line each."""

import sys

import typer

from cli.demo.command import demo
from cli.doctor.command import doctor
from cli.environment import load_env_file
from cli.errors import CommandError
from cli.jobs import jobs
from cli.ledger.invariants import invariants
from cli.ledger.verify import ledger
from cli.migrate_command import migrate
from cli.rotate_secrets import rotate_secrets
from cli.set_plan import set_plan
from cli.setup_stripe import setup_stripe
from cli.up import up

app = typer.Typer(
    help="OpenPartner on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up)
app.command("demo")(demo)
app.command("migrate")(migrate)
app.command("doctor")(doctor)
app.command("rotate-secrets")(rotate_secrets)
app.command("invariants")(invariants)
app.add_typer(ledger, name="ledger")
app.add_typer(jobs, name="jobs")
app.command("setup-stripe")(setup_stripe)
app.command("set-plan")(set_plan)


def main() -> None:
    """Runs the command; what it can't do is one line and exit code 1, never a traceback."""
    try:
        load_env_file()
        app(prog_name="openpartner")
    except (CommandError, OSError) as error:
        # The second is the machine's word: a full disk, a folder that is somebody else's.
        sys.exit(f"openpartner: {error}")
