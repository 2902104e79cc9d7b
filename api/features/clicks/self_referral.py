"""Whether a customer is the partner in person: by id, by e-mail address, or by the line they use."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from shared.visit_rules import VERSIONS

_EMAIL = re.compile(r"[^@\s]{1,128}@[^@\s]{1,253}")
DEEPEST = 4
MOST = 20
LOOK_BACK_DAYS = 30

# A mailbox however it is written: labels after a plus, and dots where Gmail ignores them, are noise.
MAILBOX = """
    case when split_part(lower({0}), '@', 2) in ('gmail.com', 'googlemail.com')
        then replace(split_part(split_part(lower({0}), '@', 1), '+', 1), '.', '') || '@gmail.com'
        else split_part(split_part(lower({0}), '@', 1), '+', 1) || '@' || split_part(lower({0}), '@', 2)
    end
"""

MAILBOX_OF_PARTNER = f"""
    (position('@' in i.user_id) > 0 and {MAILBOX.format("i.user_id")} = {MAILBOX.format("p.email")}
        or i.user_id = p.id::text
        or e.metadata @? ('$.** ? (@ == ' || to_json(lower(p.email)) || ')')::jsonpath)
"""
"""The same for clicks of the past, over `i`dentities, `e`vents and `p`artners."""

SAME_PERSON = f"""
    ({MAILBOX.format("p.email")} = any(:mailboxes) or p.id::text = any(:names)
        or lower(p.metadata ->> 'userId') = any(:names)
        or lower(p.metadata ->> 'customerId') = any(:names)
        or c.ip_hash = any(:addresses))
"""

# Clicks of the customer whose partner they are; what an admin has decided stays.
JUDGE = f"""
    insert into click_verdicts (click_id, click_ts, flag, rule_version, source)
    select c.id, c.ts, 'self_referral', cast(:version as smallint), 'identify'
    from identities i join clicks c on c.id = i.click_id and c.ts = i.click_ts
    join partners p on p.id = c.partner_id
    left join click_verdicts v on v.click_id = c.id
    where i.user_id = :user_id and v.click_id is null and (c.flag is null or c.flag = 'revoked')
        and {SAME_PERSON}
    on conflict do nothing
"""  # noqa: S608  # put together from constants

# From where the partner of a click has worked here of late.
ADDRESSES = """
    select distinct a.address from clicks c join audit_entries a on a.actor = 'partner:' || c.partner_id
    where c.id = :click_id and c.ts = :click_ts and c.ip_hash is not null
        and a.address is not null and a.created_at > now() - make_interval(days => :days)
    limit 100
"""


def mailbox(address: str) -> str:
    """The same as MAILBOX."""
    name, _, host = address.lower().rpartition("@")
    name = name.partition("+")[0]
    if host in {"gmail.com", "googlemail.com"}:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{host}"


def emails_in(value: Any, depth: int = 0) -> Iterator[str]:
    """E-mail addresses that stand alone somewhere in what a merchant reported."""
    if isinstance(value, str) and _EMAIL.fullmatch(value.strip()):
        yield value.strip()
    elif depth < DEEPEST and isinstance(value, Mapping):
        for inner in value.values():
            yield from emails_in(inner, depth + 1)
    elif depth < DEEPEST and isinstance(value, list):
        for inner in value:
            yield from emails_in(inner, depth + 1)


def judging(user_id: str, details: Mapping[str, Any], hashes: list[str]) -> TextClause:
    """`details` are an event's; `hashes` those of the partner's addresses on the click's day."""
    emails = [user_id, *list(emails_in(details))[:MOST]]
    return text(JUDGE).bindparams(
        user_id=user_id,
        names=[user_id.lower()],
        mailboxes=[mailbox(email) for email in emails if "@" in email],
        addresses=hashes,
        version=VERSIONS["self_referral"],
    )


def addresses_of(click_id: UUID, click_ts: Any) -> TextClause:
    """Addresses of the click's partner."""
    return text(ADDRESSES).bindparams(click_id=click_id, click_ts=click_ts, days=LOOK_BACK_DAYS)
