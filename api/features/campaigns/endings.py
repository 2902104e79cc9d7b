"""The statements that find campaigns which are about to end, and whom to tell."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, text

from shared.models.admin import Admin
from shared.models.campaign import Campaign
from shared.models.partner import Partner

# A week ahead, give or take half a day. What three days without a worker left out is told late
# rather than never; nearer to its end a campaign that was short from the start surprises nobody.
FORGET_MOVED = text(
    """
    update campaigns set end_notification_sent_at = null
    where end_notification_sent_at is not null
        and (ends_at is null or ends_at >= now() + interval '7 days 12 hours')
    """
)
# Stamped in the statement that writes the jobs, so that nobody is told twice or left out.
TELL = text(
    """
    with ending as (
        update campaigns set end_notification_sent_at = now()
        where end_notification_sent_at is null
            and ends_at >= now() + interval '3 days 12 hours'
            and ends_at < now() + interval '7 days 12 hours'
        returning id
    ), people as (
        select e.id as campaign, 'admin' as kind, a.id as person from ending e cross join admins a
        where a.activated_at is not null and a.revoked_at is null
        union
        select e.id, 'partner', p.id from ending e
        join links l on l.campaign_id = e.id
        join partners p on p.id = l.partner_id
        where p.activated_at is not null and p.revoked_at is null
    )
    insert into jobs (id, name, arguments)
    select uuid_v7(), 'campaigns.tell_of_end',
        jsonb_build_object('campaign_id', campaign, 'kind', kind, 'person_id', person)
    from people
    """
)


# Later than any end that is announced: such a campaign was prolonged since.
GOES_ON = Campaign.ends_at >= func.now() + timedelta(days=8)


def campaign_and_admin(campaign_id: UUID, admin_id: UUID) -> Select[Campaign, Admin]:
    """Both, unless the admin was shut out, or the campaign goes on after all."""
    query = select(Campaign, Admin).join(Admin, Admin.id == admin_id)
    return query.where(Campaign.id == campaign_id, ~GOES_ON, Admin.revoked_at.is_(None))


def campaign_and_partner(campaign_id: UUID, partner_id: UUID) -> Select[Campaign, Partner]:
    """The same for a partner."""
    query = select(Campaign, Partner).join(Partner, Partner.id == partner_id)
    return query.where(Campaign.id == campaign_id, ~GOES_ON, Partner.revoked_at.is_(None))
