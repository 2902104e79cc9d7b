"""Clicks, for the features through which customers become known."""

from api.features.clicks.judging import judge_customer, judge_event

__all__ = ["judge_customer", "judge_event"]
