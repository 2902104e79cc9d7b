"""What goes wrong on the way to Stripe, one request at a time, as a test plans it."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "timeout_before",  # Stripe never heard of it, and the line stays silent.
    "timeout_after",  # Stripe did it, and the line stays silent.
    "reset_before",  # The connection breaks, and Stripe never heard of it.
    "reset_after",  # Stripe did it, and the connection breaks within the answer.
    "500_before",  # Stripe broke down before it did anything.
    "500_after",  # Stripe did it, and broke down over the answer.
    "429",  # Too many requests.
    "401",  # This key may not do that.
    "held",  # Stripe waits with it until the test says `release()`.
]


@dataclass(slots=True)
class Fault:
    """Befalls the next `times` requests of this method whose address begins like this."""

    kind: Kind
    method: str = "POST"
    path: str = "/v1/"
    times: int = 1
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.released.set()


@dataclass(slots=True)
class FaultPlan:
    """The first fault that fits a request befalls it."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        self.faults.append(fault)
        return fault

    def next(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and path.startswith(fault.path):
                fault.times -= 1
                fault.reached.set()
                return fault
        return None
