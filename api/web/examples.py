"""Examples for the published schema, made from it, so that none is forgotten and none goes stale."""

from typing import Any

Json = dict[str, Any]

A_UUID = "019ab3f0-7c1e-7a40-9d52-6f1c0b8e4a17"
A_TIME = "2026-11-01T12:00:00.000Z"
BY_FORMAT = {
    "uuid": A_UUID,
    "date-time": A_TIME,
    "date": "2026-11-01",
    "email": "pat@example.com",
    "uri": "https://shop.example/",
}

# What a field of this name holds, wherever it stands: the first that has the field's type. A
# field's own `examples` win over it.
BY_NAME: dict[str, tuple[Any, ...]] = {
    "action": ("campaign.created",),
    "actor": ("admin:019ab3f0-7c1e-7a40-9d52-6f1c0b8e4a17",),
    "actorName": ("Ada Admin",),
    "address": ("192.0.2.7",),
    "adminEmail": ("ada@example.com",),
    "adminName": ("Ada Admin",),
    "amount": ("40.00",),
    "attributionWindowDays": (60,),
    "brandColor": ("#16a34a",),
    "baseUrl": ("https://app.example.com/api/t/shop",),
    "campaignId": (A_UUID,),
    "campaignName": ("Spring",),
    "commissionValue": (20,),
    "cref": (A_UUID,),
    "csrfToken": ("9b74c9897bac770ffc029102a200c5de",),
    "currency": ("USD",),
    "deepLinkAllowedDomains": ("shop.example, blog.example",),
    "deepLinkAllowedDomain": ("shop.example",),
    "destinationUrl": ("https://shop.example/welcome",),
    "email": ("pat@example.com",),
    "endsAt": ("2026-12-31T12:00:00.000Z",),
    "eventType": ("invoice_paid",),
    "externalId": ("invoice-1",),
    "from": ("Shop partners <partners@shop.example>",),
    "grantSource": ("admin",),
    "holdbackDays": (30,),
    "host": ("smtp.example.com",),
    "ipHash": ("7d1a54127b222502f5b79b5fb0803061",),
    "label": ("CRM",),
    "landingUrl": (f"https://shop.example/welcome?cref={A_UUID}",),
    "linkKey": ("pat",),
    "messageStream": ("outbound",),
    "migration": ("0003_crossings",),
    "mode": ("selfhost",),
    "name": ("Pat Partner",),
    "nextCursor": ("AZqz8Hweeko9Um8cC45KFw",),
    "partnerName": ("Pat Partner",),
    "plaintext": ("op_2sW0mC1xq8bT7vJ4kZ6nR3yH5dL9fG0pA1sQ2wE4rT6",),
    "prefix": ("op_2sW0mC1x",),
    "programName": ("Shop partners",),
    "reason": ("Left the program",),
    "referer": ("https://blog.example/review",),
    "requestId": (A_UUID,),
    "revokeReason": ("Left the program",),
    "scope": ("events:write",),
    "slug": ("shop",),
    "source": ("admin",),
    "stripeConnectAccountId": ("acct_1Example",),
    "subject": (A_UUID,),
    "supportEmail": ("help@shop.example",),
    "termsUrl": ("https://shop.example/terms",),
    "to": ("ada@example.com",),
    "token": ("2sW0mC1xq8bT7vJ4kZ6nR3yH5dL9fG0pA1sQ2wE4rT6",),
    "type": ("invoice_paid",),
    "url": ("https://go.shop.example/r/pat",),
    "userAgent": ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",),
    "userId": ("customer-1",),
    "value": (20, "200.00"),
}
TYPES = {"string": str, "integer": int, "number": int, "null": type(None)}


def illustrate(schema: Json) -> None:
    """Gives every JSON body and every successful JSON answer an example, unless it has its own."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            answers = [
                answer for status, answer in operation["responses"].items() if status < "300"
            ]
            for message in (operation.get("requestBody", {}), *answers):
                content = message.get("content", {}).get("application/json")
                if content is not None and "examples" not in content:
                    wanted = content.get("schema", {})
                    content.setdefault("example", example_of(wanted, schema["components"]))


def example_of(wanted: Json, components: Json, name: str = "") -> Any:
    """Something that fits this schema, as a field of that name would look."""
    wanted = _resolved(wanted, components)
    kind = wanted.get("type")
    own = [*wanted.get("examples", ()), *wanted.get("enum", ())]
    if "const" in wanted or own:
        return wanted.get("const", own[0] if own else None)
    for value in BY_NAME.get(name, ()):
        if TYPES.get(str(kind)) is type(value):
            return value
    if kind == "object":
        return {
            field: example_of(inner, components, field)
            for field, inner in wanted.get("properties", {}).items()
        }
    if kind == "array":
        return [example_of(wanted.get("items", {}), components, name.removesuffix("s"))]
    return _plain(wanted, kind)


def _resolved(wanted: Json, components: Json) -> Json:
    """Follows references, and of several choices takes the one that tells most: not null."""
    while "examples" not in wanted and {"$ref", "anyOf", "oneOf"} & set(wanted):
        if "$ref" in wanted:
            wanted = components["schemas"][wanted["$ref"].rsplit("/", 1)[-1]]
        else:
            choices = wanted.get("anyOf") or wanted["oneOf"]
            wanted = next((one for one in choices if one.get("type") != "null"), choices[0])
    return wanted


def _plain(wanted: Json, kind: str | None) -> Any:
    if kind == "string":
        text = BY_FORMAT.get(wanted.get("format", ""), "text")
        return text.ljust(wanted.get("minLength", 0), "x")[: wanted.get("maxLength", len(text))]
    if kind in {"integer", "number"}:
        return wanted.get("default", wanted.get("minimum", 1))
    return {"boolean": True}.get(str(kind))
