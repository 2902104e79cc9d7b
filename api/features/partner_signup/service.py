"""The rules of signing up by oneself: in at once, in after a look, or not at all."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.partner_signup.errors import SignupDisabled
from api.features.partner_signup.schemas import (
    AlreadyRegistered,
    PartnerSignup,
    SignedUp,
    SignupPolicy,
    SignupPolicyChange,
)
from api.features.partners.for_others import apply, join
from api.features.program_settings.for_others import write_setting
from shared.models.setting import Setting

KEY = "partner_signup"
# Until somebody decides otherwise, strangers wait for an admin's word.
FIRST = SignupPolicy(policy="require_review", disabled=False)


async def policy_of(session: AsyncSession) -> SignupPolicy:
    """What the brand has decided."""
    stored = await session.scalar(select(Setting.value).where(Setting.key == KEY))
    return FIRST if stored is None else SignupPolicy.model_validate(stored)


async def change_policy(session: AsyncSession, wanted: SignupPolicyChange) -> SignupPolicy:
    """Decides otherwise, for whoever signs up from now on."""
    known = await policy_of(session)
    if wanted.policy == "disabled":
        changed = SignupPolicy(policy=known.policy, disabled=wanted.disabled is not False)
    else:
        changed = SignupPolicy(
            policy=wanted.policy or known.policy,
            disabled=known.disabled if wanted.disabled is None else wanted.disabled,
        )
    await write_setting(session, KEY, changed.model_dump(mode="json"))
    return changed


async def sign_up(session: AsyncSession, wanted: PartnerSignup) -> SignedUp | AlreadyRegistered:
    """A partner, active or waiting; whoever is one already is left alone."""
    policy = await policy_of(session)
    if policy.disabled:
        raise SignupDisabled
    details = {"source": "self_signup", "profile": wanted.profile}
    if policy.policy == "auto_approve":
        partner = await join(session, wanted.email, wanted.name, details)
    else:
        partner = await apply(session, wanted.email, wanted.name, details)
    if partner is None:
        return AlreadyRegistered(ok=True, status="already_registered")
    status = "active" if policy.policy == "auto_approve" else "pending_review"
    return SignedUp.model_validate({"ok": True, "status": status, "partner_id": partner.id})
