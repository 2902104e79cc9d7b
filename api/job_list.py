"""Every feature that has jobs, as routes.py lists every feature that has routes."""

from api.features.sign_in import jobs as sign_in_jobs

JOBS_OF_FEATURES: tuple[object, ...] = (sign_in_jobs,)
