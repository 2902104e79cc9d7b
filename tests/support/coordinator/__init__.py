"""A coordinator of a creator network, built from docs/guides/network.md alone: `coordinating()`."""

from tests.support.coordinator.app import Coordinator, coordinating

__all__ = ["Coordinator", "coordinating"]
