"""The command `claims`: the article's claims, recorded or measured here, as lines, JSON or a page."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import path

if TYPE_CHECKING:
    from ..evaluation.claims import Claim
    from ..evaluation.claims.lab.result import Result

_BAR = 1000  # steps of the progress bar


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    claims = command("claims", _claims, "judge the article's claims by recorded numbers, or measure them here")
    claims.add_argument("name", nargs="?", metavar="NAME", help="a claim (default: all of them)")
    size = claims.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="measure now, in seconds each")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="measure now, in minutes each")
    claims.add_argument("--out", type=path, metavar="FILE", help="write a page with plots and verdicts")
    claims.add_argument(
        "--resume", type=path, metavar="FILE", help="keep finished trainings in a file, and go on from those in it"
    )
    claims.add_argument("--record", action="store_true", help="keep what is measured as the recorded results")


def _claims(options: argparse.Namespace) -> tuple[dict, str]:
    from ..data import InputError
    from ..evaluation.claims import claim_named, in_order
    from ..evaluation.claims.lab.files import agreement, record, to_dict
    from ..evaluation.claims.lab.journal import journal

    if options.record and options.size != "full":
        raise InputError("Recorded are full measurements alone: add --full.")
    if options.resume and not options.size:
        raise InputError("Only measurements can be resumed: add --quick or --full.")
    chosen = [claim_named(options.name)] if options.name else in_order()
    results: dict[str, Result | None] = {}
    lines: list[str] = []
    for claim in chosen:
        with journal(Path(options.resume) if options.resume else None):
            results[claim.name] = result = _result(claim, options.size)
        lines += _lines(claim, result)
        if options.record and result:
            lines.append(f"{record(result)} is written.")
    if options.out:
        lines.append(_page(options.out, chosen, results))
    about = [
        {"name": claim.name, "place": claim.place, "sentence": claim.sentence, "method": claim.method}
        | {"result": to_dict(result) if (result := results[claim.name]) else None}
        | {"agreement": agreement(result) if result else ""}
        for claim in chosen
    ]
    return {"claims": about}, "\n".join(lines)


def _result(claim: "Claim", size: str | None) -> "Result | None":
    """Return the recorded result, or measure one; None where none has been recorded."""
    from ..evaluation.claims.lab.files import recorded

    if size is None:
        return recorded(claim.name)
    from tqdm import tqdm

    from ..evaluation.claims.lab.machine import run

    with tqdm(total=_BAR, desc=claim.name, file=sys.stderr, bar_format="{desc}: {percentage:3.0f}% {elapsed}") as bar:
        return run(claim, size, lambda share: bar.update(round(_BAR * share) - bar.n))


def _lines(claim: "Claim", result: "Result | None") -> Iterator[str]:
    from ..evaluation.claims.lab.files import agreement

    yield f"{claim.place}. {claim.sentence} [{claim.name}]"
    if result is None:
        yield "   not recorded yet: measure it with --quick or --full"
        return
    yield f"   {result.verdict.answer.upper()}"
    if said := agreement(result):
        yield f"   {said}"
    yield from (f"   - {condition}" for condition in result.verdict.conditions)
    facts = result.provenance
    yield f"   {result.size}, {facts.date} UTC, {facts.machine}, load {facts.load:g} a core, {facts.seconds:g} s"


def _page(out: str, chosen: "list[Claim]", results: "dict[str, Result | None]") -> str:
    """Write the page and return a sentence about it."""
    from ..data import InputError
    from ..report.claims import render_claims

    page = render_claims([(claim, results[claim.name]) for claim in chosen])
    try:
        Path(out).write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error
    return f"{out} is written."
