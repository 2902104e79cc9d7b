"""`openpartner demo`: plays the walk, shows the table, and fails if a sum is off."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from cli.demo.place import find_place
from cli.demo.sums import Sums
from cli.demo.table import table
from cli.demo.walk import Walk
from cli.project import FOLDER


def demo(
    folder: Annotated[Path, typer.Option(help="The installation to play on, if it runs.")] = FOLDER,
    scratch: Annotated[
        bool, typer.Option("--scratch", help="Play on an installation of its own in any case.")
    ] = False,
) -> None:
    """Play a whole partner program over HTTP, as its people would, and check its sums."""
    sums = Sums()
    with ExitStack() as stack:
        place = stack.enter_context(find_place(folder.resolve(), scratch=scratch))
        walk = Walk(place, sums, stack)
        walk.play()
        print(f"\n{table(walk.partners)}\n")
    for difference in sums.differences:
        print(f"WRONG: {difference}")
    if sums.differences:
        raise typer.Exit(1)
    print(f"All {sums.compared} sums and states are as they should be.")
