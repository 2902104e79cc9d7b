"""Mail settings, for set-up, which saves the first, and for whoever sends."""

from api.features.mail_settings.schemas import MailSettings
from api.features.mail_settings.service import KEY, deliver, mailer_of, save

__all__ = ["KEY", "MailSettings", "deliver", "mailer_of", "save"]
