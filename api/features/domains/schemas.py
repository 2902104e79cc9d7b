"""The wire of host names of a brand's own, and of how it shows there."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from api.fields import In, Out, UtcTime
from api.web.tenant_directory import plain_host
