"""Clicks, for the features through which customers become known."""

from api.features.clicks.judging import judge_customer, judge_event
from api.features.clicks.self_referral import MAILBOX_OF_PARTNER

__all__ = ["MAILBOX_OF_PARTNER", "judge_customer", "judge_event"]
