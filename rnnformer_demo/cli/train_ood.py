"""The command `train ood`: its arguments, and what they start. Torch is imported when the fitting begins."""

import argparse
from collections.abc import Callable


def add_ood(kinds: argparse._SubParsersAction, common: argparse.ArgumentParser, recorded: Callable) -> None:
    """Adds `train ood`.

    Args:
        kinds: to which it is added.
        common: arguments that every command takes.
        recorded: options to the command that the card records.
    """
    about = "fit what tells inputs that a trained model does not know, and write it into its checkpoint"
    ood = kinds.add_parser("ood", parents=[common], help=about, description=about)
    ood.set_defaults(run=lambda options: _fit(options, recorded(options)), kind="ood")
    ood.add_argument("--name", required=True, help="of the model")
    ood.add_argument("--data", nargs="+", required=True, help="what it was trained on")
    ood.add_argument("--without", nargs="*", default=[], metavar="DATA", help="leave these texts out of it")
    made = "(of pictures also made:noise, made:screenshots, made:drawings, made:patterns)"
    left_out = "classes of photos that training left out: another kind, to choose a signal and to test it on"
    ood.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help=left_out)
    ood.add_argument("--inside", nargs="+", required=True, metavar="DATA", help="tests of the same kind")
    ood.add_argument(
        "--select", nargs="*", default=[], metavar="DATA", help=f"other kinds, to choose a signal on {made}"
    )
    ood.add_argument("--far", nargs="*", default=[], metavar="DATA", help=f"other kinds, to test it on {made}")
    ood.add_argument("--near", nargs="*", default=[], metavar="DATA", help="kinds that are almost its own")
    ood.add_argument("--shuffled", action="store_true", help="near: the inside texts with their words shuffled")


def _fit(options: argparse.Namespace, command: str) -> tuple[dict, str]:
    from ..checkpoints import store
    from ..training.ood.fit import fit_ood
    from ..training.ood.reading import read_sets
    from ..training.ood.sets import OODSources

    checkpoint = store.load(options.name)
    sources = OODSources(
        data=options.data,
        without=options.without,
        drop=options.drop,
        inside=options.inside,
        select=options.select,
        far=options.far,
        near=options.near,
        shuffled=options.shuffled,
    )
    saved = fit_ood(checkpoint, read_sets(checkpoint, sources), command)
    record = saved.card["ood"]
    areas = ", ".join(f"{name} {test['auroc']:.3f} ({test['kind']})" for name, test in record["auroc"].items())
    told = f"{saved.name}: {record['signal']}; AUROC against {areas}; {saved.size / 1e6:.1f} MB written"
    return {"name": saved.name, "bytes": saved.size, "ood": record}, told
