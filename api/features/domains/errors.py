"""What can go wrong with host names of a brand's own."""

from api.errors import Conflict, Forbidden, NotFound, Unprocessable


class DomainNotFound(NotFound, code="domain_not_found"):
    """This workspace claims no such domain."""


class DomainClaimed(Conflict, code="domain_already_added"):
    """This workspace has claimed the domain already."""


class DomainHeld(Conflict, code="domain_held_by_another"):
    """Another workspace has proved that the domain is theirs; it has to give it up first."""


class DomainReserved(Conflict, code="domain_reserved"):
    """This name is the installation's own."""


class DomainNotVerified(Unprocessable, code="domain_not_verified"):
    """The DNS doesn't say yet that this domain is yours; `problems` tells what is missing."""


class WhiteLabelNotIncluded(Forbidden, code="white_label_not_included"):
    """Wearing one's own name alone comes with a plan; choose one under Billing."""


class WhiteLabelNetworkConflict(Conflict, code="white_label_network_conflict"):
    """A workspace in the creator network shows the network's name; leave it first."""
