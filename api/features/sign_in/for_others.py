"""Letting people in and shutting them out, for set-up and for the features that keep people."""

from api.features.sign_in.browsers import end_anywhere, tenant_of_session
from api.features.sign_in.links import forget_all as forget_links
from api.features.sign_in.links import is_open as has_open_link
from api.features.sign_in.service import ask as mail_sign_in_link
from api.features.sign_in.service import (
    end_sessions,
    enter_as_admin,
    first_letter,
    has_mail_enough,
    invite_admin,
    invite_partner,
    who,
)

__all__ = [
    "end_anywhere",
    "end_sessions",
    "enter_as_admin",
    "first_letter",
    "forget_links",
    "has_mail_enough",
    "has_open_link",
    "invite_admin",
    "invite_partner",
    "mail_sign_in_link",
    "tenant_of_session",
    "who",
]
