"""Inviting people and ending their sessions, for the features that keep admins and partners."""

from api.features.sign_in.service import end_sessions, invite_admin, invite_partner

__all__ = ["end_sessions", "invite_admin", "invite_partner"]
