"""Old names of flags: accepted for one version, hidden from the help, with a notice on standard error."""

import argparse
import sys
from typing import Any


class _Renamed(argparse.Action):
    """Stores what an old flag was given under the new flag's name, and says so."""

    def __init__(self, *arguments: Any, new: str, const: Any = None, **options: Any):
        super().__init__(*arguments, const=const, **options)
        self.new = new

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        print(f"{option} is now called {self.new}: the old name goes with the next version.", file=sys.stderr)
        setattr(namespace, self.dest, self.const if self.nargs == 0 else values)


def add_renamed(group: Any, old: str, new: str, **options: Any) -> None:
    """Let a parser or one of its groups accept an old flag for a new one.

    Args:
        old: such as "--without".
        new: such as "--remove", added before.
        options: of the argument: nargs, type; `switch=True` for a flag that takes no value.
    """
    dest = new.removeprefix("--").replace("-", "_")
    if options.pop("switch", False):
        options |= {"nargs": 0, "const": True}
    group.add_argument(
        old, action=_Renamed, new=new, dest=dest, default=argparse.SUPPRESS, help=argparse.SUPPRESS, **options
    )
