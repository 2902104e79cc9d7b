"""The locks agree, so that `make up` after `make test` changes nothing."""

import re

import pytest

from cli.project import ROOT


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("smaller", "larger"), [("router", "api"), ("api", "local"), ("local", "dev")]
)
def test_each_set_holds_the_smaller_one_in_the_same_versions(smaller: str, larger: str) -> None:
    assert pins(smaller).items() <= pins(larger).items()
    assert pins(smaller)


@pytest.mark.parametrize("name", ["router", "api", "local", "dev"])
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert text.count("==") >= len(pins(name))
    for package in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in package, package.splitlines()[0]
