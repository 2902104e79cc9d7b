"""Macros of a postback's address: filled in purely, once, encoded, and never in its host."""

import re
from collections.abc import Mapping
from hashlib import sha256
from hmac import new as hmac
from typing import Any
from urllib.parse import quote

MACRO = re.compile(r"\{([a-z_]+)\}")
# Macro to the field of the news that fills it.
FIELDS = {
    "click_id": "clickId",
    "partner_id": "partnerId",
    "commission_id": "commissionId",
    "commission_amount": "amount",
    "currency": "currency",
    "event_id": "eventId",
    "transaction_id": "eventId",
    "event_type": "eventType",
    "campaign_id": "campaignId",
    "payout_id": "payoutId",
}
PRESETS = {
    "voluum": "https://YOUR-TRACKING-DOMAIN/postback?cid={click_id}&payout={commission_amount}"
    "&txid={transaction_id}",
    "redtrack": "https://YOUR-TRACKING-DOMAIN/postback?clickid={click_id}&sum={commission_amount}"
    "&currency={currency}&type={event_type}",
    "bemob": "https://YOUR-ACCOUNT.bemobtrcks.com/postback?cid={click_id}"
    "&payout={commission_amount}&txid={transaction_id}",
    "binom": "https://YOUR-TRACKING-DOMAIN/click.php?cnv_id={click_id}"
    "&payout={commission_amount}&cnv_status={event_type}",
    "keitaro": "https://YOUR-TRACKING-DOMAIN/POSTBACK-KEY/postback?subid={click_id}"
    "&payout={commission_amount}&currency={currency}&tid={transaction_id}",
}


def fill(template: str, data: Mapping[str, Any]) -> str:
    """One pass, so that a value that looks like a macro stays a value; unknown macros stay as they are."""

    def value(match: re.Match[str]) -> str:
        found = data.get(FIELDS.get(match[1], ""))
        return match[0] if found is None else quote(str(found), safe="")

    return MACRO.sub(value, template)


def sign(url: str, parameter: str, secret: str) -> str:
    """Adds `parameter` with the hex HMAC-SHA256 of the address as it was without it."""
    address, hash_mark, fragment = url.partition("#")
    signature = hmac(secret.encode(), address.encode(), sha256).hexdigest()
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{parameter}={signature}{hash_mark}{fragment}"
