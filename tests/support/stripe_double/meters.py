"""Meters, the events that they count, and the summaries by which one sees what they counted."""

from decimal import Decimal, InvalidOperation

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route

readable("billing/meters", "meter", listed=("status",))

MINUTE, DAY = 60, 86_400
OLDEST, EARLIEST = 35 * DAY, 5 * MINUTE
# How long an identifier is good for one event alone; afterwards the same counts a second time.
UNIQUE = DAY


@route("POST", "/v1/billing/meters")
def create_meter(double: StripeDouble, call: Call) -> Json:
    name = call.text("event_name")
    if any(each["event_name"] == name for each in double.store.all("meter")):
        raise Refused(f"There is a meter for '{name}' already.", param="event_name")
    made: Json = {
        "id": double.store.new_id("mtr"),
        "object": "billing.meter",
        "created": double.now(),
        "customer_mapping": call.mapping("customer_mapping"),
        "default_aggregation": call.mapping("default_aggregation"),
        "display_name": call.text("display_name"),
        "event_name": name,
        "livemode": False,
        "status": "active",
        "value_settings": call.mapping("value_settings"),
    }
    return double.store.put("meter", made)


@route("POST", "/v1/billing/meter_events")
def create_meter_event(double: StripeDouble, call: Call) -> Json:
    """Counts once within a day, whatever the idempotency key says."""
    meter = _meter(double, call.params["event_name"])
    payload, now = call.mapping("payload"), double.now()
    customer = payload.get(meter["customer_mapping"]["event_payload_key"], "")
    double.store.get("customer", customer)
    value = _value(payload.get(meter["value_settings"]["event_payload_key"]))
    moment = call.whole("timestamp") or now
    if not now - OLDEST <= moment <= now + EARLIEST:
        raise Refused("The timestamp is outside of the last 35 days.", param="timestamp")
    identifier = call.text("identifier") or double.store.new_id("evnt")
    known = [
        each
        for each in double.store.all("meter_event")
        if each["identifier"] == identifier and now - each["created"] < UNIQUE
    ]
    if known:
        raise Refused(
            f"An event already exists with identifier {identifier}.",
            code="duplicate_meter_event", param="identifier",
        )  # fmt: skip
    made: Json = {
        "id": double.store.new_id("mevt"),
        "object": "billing.meter_event",
        "created": now,
        "event_name": meter["event_name"],
        "identifier": identifier,
        "livemode": False,
        "payload": payload,
        "timestamp": moment,
    }
    double.store.put("meter_event", {**made, "value": value, "customer": customer})
    return {name: field for name, field in made.items() if name != "id"}


@route("GET", "/v1/billing/meters/{id}/event_summaries")
def list_summaries(double: StripeDouble, call: Call) -> Json:
    """One for the whole span; none where nothing was counted."""
    meter = double.store.get("meter", call.ids["id"])
    begin, end = call.whole("start_time") or 0, call.whole("end_time") or 0
    if begin % MINUTE or end % MINUTE:
        raise Refused("start_time and end_time must be aligned with minutes.", param="start_time")
    values = [
        each["value"]
        for each in double.store.all("meter_event")
        if each["event_name"] == meter["event_name"]
        and each["customer"] == call.text("customer")
        and begin <= each["timestamp"] < end
    ]
    summary = {
        "id": double.store.new_id("mtrusg"),
        "object": "billing.meter_event_summary",
        "aggregated_value": float(sum(values)),
        "start_time": begin,
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
    }
    data = [summary] if values else []
    return {"object": "list", "url": call.path, "has_more": False, "data": data}


def metered(double: StripeDouble, customer: str) -> list[Json]:
    """What was counted for a customer, oldest first."""
    return [each for each in double.store.all("meter_event") if each["customer"] == customer]


def _meter(double: StripeDouble, event_name: str) -> Json:
    for meter in double.store.all("meter"):
        if meter["event_name"] == event_name:
            return meter
    raise Refused(f"No active meter found for event name '{event_name}'.", param="event_name")


def _value(text: str | None) -> Decimal:
    try:
        return Decimal(text or "")
    except InvalidOperation:
        raise Refused("The payload's value is no number.", param="payload") from None
