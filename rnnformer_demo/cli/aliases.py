"""Old names of flags: accepted for one version, hidden from the help, with a notice on standard error."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any


class _Renamed(argparse.Action):
    """Store the values of an old flag under the new flag's name, and print a notice."""

    def __init__(self, option_strings: Sequence[str], dest: str, new: str, **options: Any):
        super().__init__(option_strings, dest, **options)
        self.new = new

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        print(f"{option} is now called {self.new}: the old name goes with the next version.", file=sys.stderr)
        setattr(namespace, self.dest, self.const if self.nargs == 0 else values)


def add_renamed(group: Any, old: str, new: str, **options: Any) -> None:
    """Let a parser or one of its groups accept an old flag for a new one.

    Args:
        old: the old flag, such as "--without".
        new: the new flag, such as "--remove", added before.
        options: options of the argument, nargs or type; `switch=True` for a flag that takes no value.
    """
    dest = new.removeprefix("--").replace("-", "_")
    if options.pop("switch", False):
        options |= {"nargs": 0, "const": True}
    group.add_argument(
        old, action=_Renamed, new=new, dest=dest, default=argparse.SUPPRESS, help=argparse.SUPPRESS, **options
    )
