"""What can go wrong among operators."""

from api.errors import Conflict


class OperatorExists(Conflict, code="operator_exists"):
    """This address is an operator's already."""


class LastOperator(Conflict, code="cannot_revoke_last_operator"):
    """Somebody has to be able to decide; make another operator an admin first."""
