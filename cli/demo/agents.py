"""What real browsers and real crawlers call themselves, from packages that collect such strings."""

import json
from importlib.resources import files
from random import Random

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from cli.errors import CommandError


def browsers(count: int) -> list[str]:
    """As often as they are met in the wild."""
    try:
        data = files("fake_useragent").joinpath("data/browsers.jsonl").read_text()
    except ModuleNotFoundError as error:
        raise CommandError("The demo needs what `make up` installs; run it there.") from error
    met = [json.loads(line) for line in data.splitlines()]
    weights = [each["percent"] for each in met]
    return [each["useragent"] for each in Random(1).choices(met, weights, k=count)]


def crawlers(count: int) -> list[str]:
    """Of as many kinds as there can be."""
    kinds = [each["instances"][0] for each in CRAWLER_USER_AGENTS_DATA if each["instances"]]
    return Random(2).sample(kinds, count)
