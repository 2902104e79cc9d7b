"""A DNS of the tests' own: it answers what a test wrote into it, and dials nowhere."""

from dataclasses import dataclass, field

from api.outside.dns import ResolverAway


@dataclass(slots=True)
class Zone:
    """`asked` is every question; a name in `silent` is not answered at all."""

    text: dict[str, list[str]] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    address: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def texts(self, name: str) -> list[str]:
        self._hear("TXT", name)
        return self.text.get(name, [])

    async def aliases(self, name: str) -> list[str]:
        self._hear("CNAME", name)
        return [self.alias[name]] if name in self.alias else []

    async def addresses(self, name: str) -> list[str]:
        self._hear("A", name)
        return self.address.get(name, [])

    def _hear(self, kind: str, name: str) -> None:
        self.asked.append((kind, name))
        if name in self.silent:
            raise ResolverAway("nobody answered")
