"""Account: the end of a workspace, thirty days of second thoughts, and what is left of it."""
