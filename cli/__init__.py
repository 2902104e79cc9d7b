"""The operator's commands: start everything, migrate, examine, demonstrate."""
