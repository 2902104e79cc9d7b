"""Every feature that has jobs, as routes.py lists every feature that has routes."""

JOBS_OF_FEATURES: tuple[object, ...] = ()
