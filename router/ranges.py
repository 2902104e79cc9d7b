"""Addresses of data centers, from a file that the operator keeps: one range a line, label after it."""

from bisect import bisect_right
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path

UNNAMED = "datacenter"

Span = tuple[int, int, str]


class RangesError(Exception):
    """One line for the operator: what is wrong with the file."""


class Ranges:
    """Sorted spans of IPv4 and IPv6; a look-up is two bisections, remembered for each line."""

    def __init__(self, spans: dict[int, list[Span]]) -> None:
        self._spans = {version: _flat(sorted(found)) for version, found in spans.items()}
        self._starts = {version: [s[0] for s in found] for version, found in self._spans.items()}
        self.find = lru_cache(maxsize=10_000)(self._find)

    def __len__(self) -> int:
        return sum(map(len, self._spans.values()))

    def _find(self, line: str) -> str | None:
        """The label of the range that a visitor's line lies in (see shared.visitor.line_of)."""
        address = ip_address(line.partition("/")[0])
        spans = self._spans.get(address.version, [])
        at = bisect_right(self._starts.get(address.version, []), int(address)) - 1
        return spans[at][2] if at >= 0 and int(address) <= spans[at][1] else None


def _flat(spans: list[Span]) -> list[Span]:
    """Without what lies within an earlier one, so that the nearest start decides."""
    flat: list[Span] = []
    for span in spans:
        if not flat or span[1] > flat[-1][1]:
            flat.append((max(span[0], flat[-1][1] + 1) if flat else span[0], span[1], span[2]))
    return flat


def read_ranges(path: Path | None) -> Ranges:
    """`192.0.2.0/24 name of the provider`, `#` for remarks; none at all where no file is named."""
    spans: dict[int, list[Span]] = {4: [], 6: []}
    if path is None:
        return Ranges(spans)
    try:
        lines = path.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise RangesError(f"DATACENTER_RANGES_FILE can't be read: {error}") from error
    for number, line in enumerate(lines, 1):
        text, _, label = line.partition("#")[0].strip().replace(",", " ").partition(" ")
        if not text:
            continue
        try:
            network = ip_network(text, strict=False)
        except ValueError as error:
            raise RangesError(f"DATACENTER_RANGES_FILE, line {number}: {error}") from error
        first, last = int(network.network_address), int(network.broadcast_address)
        spans[network.version].append((first, last, label.strip()[:64] or UNNAMED))
    return Ranges(spans)
