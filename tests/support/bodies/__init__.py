"""For every route that takes a body: what has to exist, where it is sent, and a body that it accepts."""

from importlib import import_module
from pkgutil import iter_modules

from tests.support.bodies.write import BODIES, Write

# Each enters its bodies when it is imported.
for module in iter_modules(__path__, f"{__name__}."):
    import_module(module.name)

__all__ = ["BODIES", "Write"]
