"""The program's name and look, for mails; its logo, for uploads; and how any setting is written."""

from api.features.program_settings.queries import KEY
from api.features.program_settings.service import (
    Look,
    change_setting,
    look_of,
    program_name,
    save,
    set_logo,
    write_setting,
)
from api.features.program_settings.service import show as show_program

__all__ = [
    "KEY",
    "Look",
    "change_setting",
    "look_of",
    "program_name",
    "save",
    "set_logo",
    "show_program",
    "write_setting",
]
