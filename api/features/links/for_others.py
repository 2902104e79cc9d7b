"""Links, for the features that make one beside something else."""

from api.features.links.errors import CampaignNotActive, LinkKeyTaken
from api.features.links.schemas import LinkCreate
from api.features.links.service import address_of
from api.features.links.service import create as make_link

__all__ = ["CampaignNotActive", "LinkCreate", "LinkKeyTaken", "address_of", "make_link"]
