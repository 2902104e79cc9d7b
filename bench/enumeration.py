"""Asks whether a stopwatch can tell who is registered: known and unknown in turn, and a rank test.

    python -m bench.enumeration http://localhost:4601/api ADMIN_KEY

For an installation whose rate limits are off (OPENPARTNER_RATE_LIMITS=false) and that nobody uses.
Prints for each question the difference of the medians and the p of Mann and Whitney; a p above 0.01
with medians at most 1 ms apart is what one wants to see.
"""

import sys
import time
from collections.abc import Callable
from math import erfc, sqrt
from statistics import median

import httpx2

ROUNDS = 400
Ask = Callable[[int], httpx2.Response]


def rank_test(one: list[float], other: list[float]) -> float:
    """Two-sided p by the normal approximation, which is close for hundreds of values."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    return erfc(abs(u - n * m / 2) / sqrt(n * m * (n + m + 1) / 12) / sqrt(2))


def compare(name: str, known: Ask, unknown: Ask) -> bool:
    """Asks both in turn, so that whatever else goes on disturbs both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    bodies: tuple[set[str], set[str]] = (set(), set())
    for number in range(ROUNDS + 20):
        for side, ask in enumerate((known, unknown)):
            begun = time.perf_counter()
            answer = ask(number)
            if number >= 20:  # what comes first warms up
                times[side].append((time.perf_counter() - begun) * 1000)
            bodies[side].add(f"{answer.status_code} {answer.text}")
    p, apart = rank_test(*times), median(times[0]) - median(times[1])
    same = bodies[0] == bodies[1] and len(bodies[0]) == 1
    good = same and p > 0.01 and abs(apart) <= 1  # the figures promised above
    print(f"{name:24} medians apart {apart:+.3f} ms   p {p:.3f}   same answer {same}   {good=}")
    return good


def main() -> None:
    """Runs the three questions that a stranger can ask."""
    base, key = sys.argv[1:]
    with httpx2.Client(base_url=base, timeout=30) as client:
        admin = {"Authorization": f"Bearer {key}"}
        emails = [f"known{number}@example.com" for number in range(20)]
        for email in emails:
            body = {"email": email, "name": "Known", "sendInvite": False}
            client.post("/partners", json=body, headers=admin)
        made = client.post("/api-keys", headers=admin).json()
        client.delete(f"/api-keys/{made['id']}", headers=admin)

        def sign_in(email: str) -> httpx2.Response:
            return client.post("/auth/signin", json={"email": email})

        def verify(token: str) -> httpx2.Response:
            return client.post("/auth/magic/verify", json={"token": token})

        def key_of(token: str) -> httpx2.Response:
            return client.get("/auth/whoami", headers={"Authorization": f"Bearer {token}"})

        results = [
            compare(
                "sign-in, by address",
                lambda n: sign_in(emails[n % 20]),
                lambda n: sign_in(f"nobod{n % 20}@example.com"),
            ),
            compare(
                "magic link, by shape",
                lambda n: verify(f"opml_{n:043}"),
                lambda n: verify(f"other{n:043}"),
            ),
            compare(
                "key, revoked or never",
                lambda _: key_of(made["plaintext"]),
                lambda n: key_of(f"op_{n:043}"),
            ),
        ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
