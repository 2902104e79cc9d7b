"""Mail settings, for set-up, which saves the first, and for whoever sends."""

from api.features.mail_settings.errors import MailSendFailed
from api.features.mail_settings.queries import KEY, addresses_of_admins
from api.features.mail_settings.schemas import MailSettings
from api.features.mail_settings.sending import deliver, post, post_later
from api.features.mail_settings.service import save
from api.features.mail_settings.suppressions import refuse_suppressed

__all__ = [
    "KEY",
    "MailSendFailed",
    "MailSettings",
    "addresses_of_admins",
    "deliver",
    "post",
    "post_later",
    "refuse_suppressed",
    "save",
]
