"""The attribution models: weights that sum to one, as fractions and as ten-thousandths."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.features.attribution.models import MODELS, parts, weights
from tests.pure.examples import thorough


@pytest.mark.parametrize(
    ("model", "count", "expected"),
    [
        ("last_click", 1, ["1"]),
        ("last_click", 3, ["0", "0", "1"]),
        ("first_click", 1, ["1"]),
        ("first_click", 3, ["1", "0", "0"]),
        ("linear", 1, ["1"]),
        ("linear", 3, ["1/3", "1/3", "1/3"]),
        ("position", 1, ["1"]),
        ("position", 2, ["1/2", "1/2"]),
        ("position", 3, ["0.4", "0.2", "0.4"]),
        ("position", 4, ["0.4", "0.1", "0.1", "0.4"]),
        ("position", 5, ["2/5", "1/15", "1/15", "1/15", "2/5"]),
    ],
)
def test_a_model_weighs_the_clicks(model: str, count: int, expected: list[str]) -> None:
    assert weights(model, count) == [Fraction(weight) for weight in expected]


@pytest.mark.parametrize(
    ("model", "count", "expected"),
    [
        ("linear", 3, [3333, 3333, 3334]),
        ("linear", 6, [1666, 1666, 1667, 1667, 1667, 1667]),
        ("position", 5, [4000, 666, 667, 667, 4000]),
        ("last_click", 2, [0, 10000]),
    ],
)
def test_stored_weights_lose_nothing(model: str, count: int, expected: list[int]) -> None:
    assert parts(weights(model, count)) == expected


@given(st.sampled_from(sorted(MODELS)), st.integers(1, 500))
@thorough
def test_weights_sum_to_one_and_never_fall_below_nothing(model: str, count: int) -> None:
    exact = weights(model, count)
    assert len(exact) == count
    assert sum(exact) == 1
    assert min(exact) >= 0
    assert sum(parts(exact)) == 10_000


def test_a_model_that_does_not_exist_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        weights("u_shaped", 3)
