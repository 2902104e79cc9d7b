"""Fraud: trying a rule on the clicks of the past before it is switched on."""
