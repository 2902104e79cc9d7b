"""What a command raises when it can't go on: one sentence for the operator, never a traceback."""


class CommandError(Exception):
    """Printed as it is, in one line, followed by exit code 1; so it says what to do."""
