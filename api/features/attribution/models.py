"""The attribution models: how the credit for one event is weighed among the clicks before it."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from shared.money import split

WHOLE = 10_000
"""Weights are stored and shown with four decimals: as parts of ten thousand."""


def last_click(count: int) -> list[Fraction]:
    return [Fraction(0)] * (count - 1) + [Fraction(1)]


def first_click(count: int) -> list[Fraction]:
    return [Fraction(1)] + [Fraction(0)] * (count - 1)


def linear(count: int) -> list[Fraction]:
    return [Fraction(1, count)] * count


def position(count: int) -> list[Fraction]:
    """The first and the last click take 40 % each, those between them share the rest."""
    if count <= 2:  # noqa: PLR2004 - nothing stands between two clicks.
        return linear(count)
    end = Fraction(2, 5)
    return [end, *[Fraction(1, 5) / (count - 2)] * (count - 2), end]


MODELS: dict[str, Callable[[int], list[Fraction]]] = {
    "last_click": last_click,
    "first_click": first_click,
    "linear": linear,
    "position": position,
}


def model_name(model: str) -> str:
    """As it is said in sentences: "last click"."""
    return model.replace("_", " ")


def weights(model: str, count: int) -> list[Fraction]:
    """One exact weight for each of at least one click, earliest first; they sum to 1."""
    return MODELS[model](count)


def parts(exact: Sequence[Fraction]) -> list[int]:
    """Weights that sum to 1 as whole ten-thousandths that sum to ten thousand."""
    return split(WHOLE, exact)
