"""What can go wrong when somebody signs up by themselves."""

from api.errors import Forbidden


class SignupDisabled(Forbidden, code="signup_disabled"):
    """This program takes nobody who wasn't invited."""
