"""Campaigns: what partners promote, where links lead, and what is paid."""
