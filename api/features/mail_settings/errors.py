"""What can go wrong with mail settings."""

from api.errors import BadGateway, BadRequest, NotFound, Unprocessable


class SmtpHostRequired(BadRequest, code="smtp_host_required"):
    """Name the mail server in `smtp.host`."""


class FromRequired(BadRequest, code="from_required"):
    """Say in `from` which address the mails come from."""


class ServerTokenRequired(BadRequest, code="postmark_server_token_required"):
    """Give the token of your Postmark server in `postmark.serverToken`."""


class RecipientRequired(BadRequest, code="recipient_required"):
    """Say in `to` who gets the test; a key has no mailbox of its own."""


class MailTestFailed(BadGateway, code="mail_test_failed"):
    """The letter was not taken; `detail` is what the server said."""


class MailSendFailed(Unprocessable, code="mail_send_failed"):
    """A mail server refused this address for good; `detail` is what it said."""


class SuppressionNotFound(NotFound, code="not_found"):
    """No such address is refused."""
