"""How tests read an answer that says no."""

import httpx2


def refusal(response: httpx2.Response) -> tuple[int, str]:
    """Its status and code."""
    return response.status_code, response.json()["error"]
