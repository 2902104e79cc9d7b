"""Logos: what is taken, what is made of it, and who can see it."""

from io import BytesIO

import httpx2
import pytest
from PIL import Image

from tests.support.brand import Brand
from tests.support.refusals import refusal

LIMIT = 2 * 1024 * 1024


def picture(kind: str = "PNG", size: tuple[int, int] = (32, 16), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#0f766e").save(out, format=kind, **options)
    return out.getvalue()


async def upload(brand: Brand, content: bytes, kind: str = "image/png") -> httpx2.Response:
    headers = {**brand.headers, "content-type": kind}
    return await brand.http.post("/uploads/logo", content=content, headers=headers)


async def shown(brand: Brand, address: str) -> httpx2.Response:
    path = address[address.index("/uploads/") :]
    return await brand.http.get(path)


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
async def test_a_logo_is_uploaded_and_shown_to_everybody_for_good(
    brand: Brand, kind: str, ending: str
) -> None:
    answer = await upload(brand, picture(kind), f"image/{kind.lower()}")
    assert answer.status_code == 200, answer.text
    address = answer.json()["logoUrl"]
    assert address.endswith(f".{ending}")
    seen = await shown(brand, address)
    assert seen.headers["content-type"] == f"image/{kind.lower()}"
    assert seen.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert seen.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(seen.content)) as drawn:
        assert (drawn.format, drawn.size) == (kind, (32, 16))
    assert (await brand.get("/config/program")).json()["logoUrl"] == address


async def test_it_is_found_below_api_too_where_portals_look(brand: Brand) -> None:
    headers = {**brand.headers, "content-type": "image/png"}
    answer = await brand.http.post("/api/uploads/logo", content=picture(), headers=headers)
    assert answer.status_code == 200, answer.text


async def test_a_new_logo_takes_the_place_of_the_old_one_whose_address_goes_on(
    brand: Brand,
) -> None:
    first = (await upload(brand, picture())).json()["logoUrl"]
    second = (await upload(brand, picture(size=(8, 8)))).json()["logoUrl"]
    await brand.made("/config/program", {"programName": "Acme"})
    assert (await brand.get("/config/program")).json()["logoUrl"] == second != first
    assert (await shown(brand, first)).status_code == 200
    assert (await brand.made("/config/program", {"logoUrl": ""}))["logoUrl"] is None


async def test_old_logos_go_after_the_tenth(brand: Brand) -> None:
    addresses = [(await upload(brand, picture())).json()["logoUrl"] for _ in range(11)]
    gone = await shown(brand, addresses[0])
    assert refusal(gone) == (404, "not_found")
    assert (await shown(brand, addresses[1])).status_code == 200


async def test_s14_what_it_is_is_read_from_the_bytes_and_not_from_the_header(
    brand: Brand,
) -> None:
    jpeg_called_png = await upload(brand, picture("JPEG"), "image/png")
    assert jpeg_called_png.json()["logoUrl"].endswith(".jpg")
    for content in (
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + b"\0" * 20,
        picture()[:40],
        b"\x89PNG\r\n\x1a\n" + b"x" * 500,
        b"RIFF\0\0\0\0WEBPnothing",
        b"\xff\xd8\xff" + b"\0" * 500,
    ):
        for kind in ("image/png", "image/svg+xml", "text/html"):
            refused = await upload(brand, content, kind)
            assert refusal(refused) == (400, "unsupported_content_type")
    assert len(await brand.rows("uploads")) == 1


async def test_a_script_behind_a_picture_does_not_come_along(brand: Brand) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    sneaky = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"
    address = (await upload(brand, sneaky)).json()["logoUrl"]
    content = (await shown(brand, address)).content
    assert b"<script>" not in content
    assert b"Taken at home" not in content


async def test_a_large_picture_is_drawn_smaller(brand: Brand) -> None:
    address = (await upload(brand, picture(size=(3000, 1500)))).json()["logoUrl"]
    with Image.open(BytesIO((await shown(brand, address)).content)) as drawn:
        assert drawn.size == (1024, 512)


async def test_what_is_too_large_or_nothing_is_refused(brand: Brand) -> None:
    # Few bytes that stand for many pixels.
    bomb = picture(size=(20_000, 20_000))
    assert len(bomb) < LIMIT
    for content in (b"x" * (LIMIT + 1), b"x" * (8 * LIMIT), bomb):
        assert refusal(await upload(brand, content)) == (400, "payload_too_large")
    assert refusal(await upload(brand, b"")) == (400, "empty_body")
    assert await brand.rows("uploads") == []


async def test_admins_alone_upload(brand: Brand) -> None:
    partner = await brand.partner_headers(await brand.partner())
    for headers in (partner, await brand.scoped_headers("partners:write")):
        answer = await brand.http.post("/uploads/logo", content=picture(), headers=headers)
        assert answer.status_code == 403
    answer = await brand.http.post("/uploads/logo", content=picture())
    assert answer.status_code in {400, 401}


async def test_no_other_path_leads_anywhere(brand: Brand, other_brand: Brand) -> None:
    address = (await upload(brand, picture())).json()["logoUrl"]
    name = address.rpartition("/")[2]
    for path in (
        f"tenants/{other_brand.tenant_id}/logos/{name}",
        f"tenants/{brand.tenant_id}/logos/..%2f{name}",
        f"tenants/{brand.tenant_id}/logos/%2e%2e/{name}",
        f"tenants/{'-' * 36}/logos/{name}",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "logo",
        "",
    ):
        answer = await brand.http.get(f"/uploads/{path}")
        assert answer.status_code in {404, 405}, path


async def test_every_change_of_the_logo_is_in_the_trail(brand: Brand) -> None:
    await upload(brand, picture())
    [entry] = [row for row in await brand.rows("audit_entries") if row["action"] == "upload_logo"]
    assert "image/png" in entry["details"]
