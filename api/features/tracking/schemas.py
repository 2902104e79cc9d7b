"""The wire of tracking."""

from typing import Literal

from pydantic import ConfigDict

from api.fields import In, Out

PassParameters = Literal["none", "utm", "all"]
Cookies = Literal["always", "opt_out", "opt_in", "never"]


class TrackingUpdate(In):
    """What is named changes; the rest stays.

    `passParameters`: which parameters of a link's visitors go along to the destination.
    `cookies`: `always`; `opt_out`, unless the browser sends Sec-GPC or DNT; `opt_in`, where the
    link's address says consent=1; `never`. Whoever isn't remembered has no cookie, and no address
    hash, user agent or referrer is stored. `paidAds`: whether clicks from paid ads count.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"passParameters": "utm", "cookies": "opt_out"}]}
    )

    pass_parameters: PassParameters | None = None
    cookies: Cookies | None = None
    paid_ads: bool | None = None


class TrackingOut(Out):
    """What routers make of visits to this campaign's links."""

    pass_parameters: PassParameters
    cookies: Cookies
    paid_ads: bool
