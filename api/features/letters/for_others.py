"""Writing a letter, for the features that have something to say."""

from api.features.letters.service import Button, Words, write
from api.features.program_settings.for_others import Look, look_of

__all__ = ["Button", "Look", "Words", "look_of", "write"]
