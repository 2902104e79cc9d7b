"""What can go wrong between a brand and whoever hosts it."""

from api.errors import BadRequest, Conflict, Forbidden, Internal, NotFound


class PlanAlreadySet(Conflict, code="plan_already_set"):
    """The workspace has a plan, `currentPlan`; it is changed in the customer portal, or by the operator."""


class EnterpriseByOperator(Forbidden, code="enterprise_by_operator"):
    """The enterprise plan is agreed on with the operator of this platform, who then sets it."""


class EnterpriseNoCheckout(BadRequest, code="enterprise_plan_no_checkout"):
    """The enterprise plan is invoiced by the operator, and has no checkout."""


class NoPlanChosen(BadRequest, code="no_plan_chosen"):
    """Choose a plan first."""


class AlreadySubscribed(Conflict, code="already_subscribed"):
    """The workspace has a subscription already."""


class PriceNotConfigured(Internal, code="stripe_price_not_configured"):
    """The operator has to run `openpartner setup-stripe` and set the prices that it prints."""


class NoPortal(BadRequest, code="no_portal_for_this_plan"):
    """There is nothing to manage in a customer portal here."""


class NoCustomer(NotFound, code="no_customer_on_file"):
    """The workspace has not been to a checkout yet."""
