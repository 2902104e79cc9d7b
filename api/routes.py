"""Every route of the API, feature by feature: the table of contents."""

from fastapi import APIRouter

from api.features.campaigns.routes import router as campaigns
from api.features.health.routes import router as health

root = APIRouter()
root.include_router(health)

api = APIRouter(prefix="/api")
api.include_router(campaigns)
