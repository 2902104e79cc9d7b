"""The wire of privacy."""

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from api.fields import Email, In, Out

MONTHS_LEAST = 13
"""The longest window of attribution is a year: a click that may yet earn is never forgotten."""

Months = Annotated[int, Field(strict=True, ge=MONTHS_LEAST, le=1200)]


class PrivacyUpdate(In):
    """For how many months clicks are kept; null for as long as the installation keeps them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"clickRetentionMonths": 25}]})

    click_retention_months: Months | None


class PrivacyOut(Out):
    """`clicksKeptMonths` is what holds: the shorter of both; null means for ever."""

    click_retention_months: int | None
    installation_months: int | None
    clicks_kept_months: int | None


class Erasure(In):
    """The merchant's own id of the customer, or their e-mail address; either or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"userId": "customer-42"}]})

    user_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _somebody(self) -> "Erasure":
        if self.user_id is None and self.email is None:
            raise ValueError("userId or email is needed")
        return self


class Erased(Out):
    """The pseudonym under which what has to be kept, such as amounts, goes on; and how much it was."""

    ok: bool
    pseudonym: str
    identities: int
    events: int
    clicks: int
    commissions: int
