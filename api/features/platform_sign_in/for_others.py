"""Proving an address to the platform, for people with workspaces and for operators."""

from api.features.platform_sign_in.errors import InvalidPlatformToken, WrongTokenKind
from api.features.platform_sign_in.links import spend
from api.features.platform_sign_in.queries import WORKSPACES
from api.features.platform_sign_in.service import ask, ask_network

__all__ = ["WORKSPACES", "InvalidPlatformToken", "WrongTokenKind", "ask", "ask_network", "spend"]
