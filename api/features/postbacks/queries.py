"""Reads of postbacks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select

from shared.models.notice import Notice
from shared.models.postback import PartnerPostback, PostbackDelivery


def postbacks_of(partner_id: UUID) -> Select[PartnerPostback]:
    """A partner's postbacks that were not deleted."""
    return select(PartnerPostback).where(
        PartnerPostback.partner_id == partner_id, PartnerPostback.deleted_at.is_(None)
    )


def subscribed(notice_ids: Sequence[UUID]) -> Select[Notice, PartnerPostback]:
    """News beside each postback of its partner that fires for it."""
    return (
        select(Notice, PartnerPostback)
        .join(PartnerPostback, PartnerPostback.partner_id == Notice.partner_id)
        .where(
            Notice.id.in_(notice_ids),
            PartnerPostback.enabled,
            PartnerPostback.deleted_at.is_(None),
            Notice.type == func.any(PartnerPostback.events),
        )
        .order_by(Notice.id)
    )


def firings(postback_id: UUID) -> Select[PostbackDelivery]:
    """A postback's log."""
    return select(PostbackDelivery).where(PostbackDelivery.postback_id == postback_id)
