"""`openpartner set-plan`: what the operator of a hosted installation agreed on with a brand."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import text

from api.access.audit import record
from api.features.subscriptions.for_others import current, locked_account
from api.settings import Settings
from cli.errors import CommandError
from cli.installation import on_installation
from cli.project import FOLDER
from shared.database import Database

PlanOrNone = Literal["flex", "revshare", "enterprise", "none"]


def set_plan(
    slug: Annotated[str, typer.Argument(help="The workspace, as in its address.")],
    plan: Annotated[PlanOrNone, typer.Argument(help="enterprise is billed by you, not by Stripe.")],
    folder: Annotated[Path, typer.Option(help="The installation that hosts it.")] = FOLDER,
) -> None:
    """Set a brand's plan. Nobody but you can choose enterprise; none lets it choose again."""

    async def task(database: Database, _: Settings) -> str | None:
        return await _set(database, slug, None if plan == "none" else plan)

    paying = on_installation(folder.resolve(), task)
    print(f"{slug}: {plan}")
    if paying is not None:
        print(f"It still pays for {paying}: change or cancel that in Stripe.")


async def _set(database: Database, slug: str, plan: str | None) -> str | None:
    """Answers the subscription that the brand still pays for, if there is one."""
    async with database.unpinned_session() as session:
        tenant = await session.scalar(
            text("select id from tenant_by_slug(:slug)"), {"slug": slug.lower()}
        )
    if tenant is None:
        raise CommandError(f"there is no workspace {slug}")
    async with database.tenant_session(tenant) as session:
        account = await locked_account(session)
        before, account.plan = account.plan, plan
        record(session, "operator", "set_plan", str(tenant), before=before, plan=plan)
        subscription = await session.scalar(current())
        return subscription.stripe_subscription_id if subscription else None
