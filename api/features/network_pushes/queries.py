"""Reads of pushes, and the one statement that writes down what the network knows partners as."""

from sqlalchemy import Select, select, text

from api.features.network_pushes.schemas import PushStatus
from shared.models.network import NetworkPush

# The first answer says whether the creator was there before; later ones find what we made ourselves.
KNOWN_AS = text(
    """
    update partners p set metadata = p.metadata || jsonb_build_object('network',
        n.known || jsonb_build_object(
            'creatorId', a.creator,
            'preExisting', coalesce(n.known -> 'preExisting', to_jsonb(a.existed)),
            'affiliations', coalesce(a.affiliations, n.known -> 'affiliations', '[]'),
            'syncedAt', now()))
    from jsonb_to_recordset(:answers) as a(
            partner uuid, creator text, existed boolean, affiliations jsonb),
        lateral (select case jsonb_typeof(q.metadata -> 'network')
                when 'object' then q.metadata -> 'network' else '{}' end as known, q.id
            from partners q where q.id = a.partner for update) n
    where p.id = n.id
    """
)


def pushes(status: PushStatus | None) -> Select[NetworkPush]:
    """All of them, or those that stand so."""
    query = select(NetworkPush)
    return query if status is None else query.where(NetworkPush.status == status)
