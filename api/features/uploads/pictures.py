"""Makes of what somebody sent a picture that is nothing else: pure, from bytes to bytes."""

from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image, ImageOps

from api.features.uploads.errors import PictureTooLarge, UnsupportedContentType

Kind = Literal["PNG", "JPEG", "WEBP"]

LARGEST_SIDE = 4096
SHOWN_SIDE = 1024
MEDIA_TYPES: dict[Kind, str] = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ENDINGS: dict[Kind, str] = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is stored and shown."""

    content: bytes
    media_type: str
    ending: str


def kind_of(content: bytes) -> Kind | None:
    """By its first bytes: a header can say anything."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return None


def redrawn(content: bytes) -> Picture:
    """The picture drawn anew: without its place and camera, or the script that hides behind it."""
    kind = kind_of(content)
    if kind is None:
        raise UnsupportedContentType
    try:
        with Image.open(BytesIO(content), formats=[kind]) as picture:
            # Asked before anything is unpacked: a few bytes can stand for gigabytes of pixels.
            if max(picture.size) > LARGEST_SIDE:
                raise PictureTooLarge
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
            plain = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise PictureTooLarge from problem
    except (OSError, ValueError, SyntaxError, EOFError) as problem:
        raise UnsupportedContentType from problem
    out = BytesIO()
    plain.save(out, format=kind, **({"quality": 90} if kind != "PNG" else {"optimize": True}))
    return Picture(out.getvalue(), MEDIA_TYPES[kind], ENDINGS[kind])
