"""The program's name, for mails; its first settings, for set-up; and how any setting is written."""

from api.features.program_settings.service import KEY, program_name, save, write_setting

__all__ = ["KEY", "program_name", "save", "write_setting"]
