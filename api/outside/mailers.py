"""How mail leaves when a workspace has no settings of its own: as the environment says."""

from dataclasses import dataclass

from api.outside.mail import ConsoleMailer, Letter, Mailer, MailFailed
from api.outside.postmark import PostmarkMailer
from api.outside.smtp import SmtpMailer
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class NoMailer:
    """A link printed in production would be a link in everybody's logs."""

    async def send(self, letter: Letter) -> None:
        raise MailFailed(
            f"There is no way to mail {letter.to}: set SMTP_HOST and MAIL_FROM, or"
            " POSTMARK_SERVER_TOKEN and MAIL_FROM, or save mail settings"
        )


def environment_mailer(settings: Settings) -> Mailer:
    """SMTP before Postmark; printing in development alone."""
    if settings.smtp_host:
        password = settings.smtp_password
        return SmtpMailer(
            settings.mail_from,
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_secure,
            settings.smtp_user,
            password.get_secret_value() if password else None,
        )
    if token := settings.postmark_server_token:
        stream = settings.postmark_message_stream
        return PostmarkMailer(settings.mail_from, token.get_secret_value(), stream)
    if settings.openpartner_env == "development":
        return ConsoleMailer(settings.mail_from, settings.mail_console_file)
    return NoMailer()
