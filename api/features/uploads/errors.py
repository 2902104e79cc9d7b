"""What can go wrong with an upload."""

from api.errors import BadRequest, NotFound


class UnsupportedContentType(BadRequest, code="unsupported_content_type"):
    """This is no PNG, JPEG or WebP picture, whatever it says it is."""


class PictureTooLarge(BadRequest, code="payload_too_large"):
    """A picture may have at most 2 MiB, and 4096 pixels on a side."""


class EmptyBody(BadRequest, code="empty_body"):
    """Send the picture itself as the body."""


class UploadNotFound(NotFound, code="not_found"):
    """There is no such file."""
