"""Onboarding: what a brand has still to do before its first sale through a partner."""
