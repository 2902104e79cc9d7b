"""For every route that takes a body: what has to exist, where it is sent, and a body that it accepts."""

from tests.support.bodies import network, outbound, people, pipeline, router
from tests.support.bodies.write import BODIES, Write

# Each enters its bodies when it is imported.
ENTERED = (network, pipeline, outbound, people, router)

__all__ = ["BODIES", "ENTERED", "Write"]
