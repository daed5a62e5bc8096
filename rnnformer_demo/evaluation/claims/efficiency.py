"""The claim that Transformers are cheaper than RNNs: time and memory against length, at equal numbers of weights."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from .lab.registry import Claim, register
from .lab.result import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Measured,
    Plot,
    Point,
    Quantity,
    Report,
    Series,
    Verdict,
    named,
    parts,
)
from .lab.rules import is_below, together
from .lab.statistics import crossing, ratio_interval, slope

_LONG = 256  # exponents are fitted from this length on, where fixed costs no longer count
_MOST_BYTES = 300e6  # of the attention weights of a call: more would push other programs out of memory
_MOST_STEPS = 2**15  # of a batch that is trained on: four times as many would hold over 9 GB
_AGAINST = ("LSTM", "GRU")
_GPU = "GPU"


@dataclass(frozen=True)
class Sizes:
    """What is timed; a round times every network once at every length, so that all share the machine's moods.

    Attributes:
        threads: numbers of threads on the CPU.
        gpu: time the networks on the GPU, too, where there is one.
    """

    lengths: tuple[int, ...]
    batches: tuple[int, ...]
    threads: tuple[int, ...]
    rounds: int
    gpu: bool = False


@dataclass(frozen=True)
class Setting:
    """A batch, inference or training step, and threads of the CPU; none on the GPU."""

    batch: int
    work: str
    threads: int | None

    def where(self, **more: str | float) -> dict[str, str | float]:
        """Return the conditions of a measurement in this setting."""
        place: dict[str, str | float] = {"threads": self.threads} if self.threads else {"device": _GPU}
        return {"work": self.work, "batch": self.batch, **place, **more}


Times = dict[str, dict[int, list[float]]]  # milliseconds of each round, by network and length
Memory = dict[str, dict[int, float]]  # megabytes


def measure(sizes: Sizes, report: Report) -> Measured:
    """Time every network in interleaved rounds, and weigh the memory of one call of each."""
    from .lab.timing import INFERENCE, TRAINING

    report(0.0)
    gpu = _gpu() if sizes.gpu else ""
    places: list[int | None] = [*sizes.threads, *([None] if gpu else [])]
    settings = [Setting(*each) for each in product(sizes.batches, (INFERENCE, TRAINING), places)]
    plots: list[Plot] = []
    quantities: list[Quantity] = []
    for setting, part in parts(report, settings):
        times, memory = _timed(sizes, setting, part)
        plots += _plots(setting, times, memory)
        quantities += [*_ratios(setting, times), *_exponents(setting, times), *_memory_ratios(setting, memory)]
        quantities += _crossings(setting, times)
    report(1.0)
    return Measured(tuple(plots), tuple(quantities), (0,), _notes(sizes, gpu))


def _notes(sizes: Sizes, gpu: str) -> tuple[str, ...]:
    notes = [
        "All networks took turns in every round, and with one thread its processor time counts, not the clock on the "
        "wall: ratios hold on a busy machine, milliseconds less so.",
        "The Transformer written out and the hybrid, which hold attention weights, were left out at lengths where "
        f"these would take over {_MOST_BYTES / 1e6:.0f} MB.",
        f"A training step was timed on up to {_MOST_STEPS} steps in all: four times as many hold over 9 GB.",
    ]
    if max(sizes.threads) > 1:
        notes.append("With two threads the clock on the wall counts: other programs of a busy machine lengthen it.")
    if sizes.gpu:
        notes.append(f"On a GPU: {gpu}." if gpu else "PyTorch sees no GPU on this machine: none was timed.")
    return tuple(notes)


def _gpu() -> str:
    """Return the name of the GPU, "" where there is none."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def _timed(sizes: Sizes, setting: Setting, report: Report) -> tuple[Times, Memory]:
    """Return milliseconds and megabytes by network and length."""
    import torch

    from .lab import networks, timing

    device = timing.CPU if setting.threads else timing.GPU
    times: Times = defaultdict(lambda: defaultdict(list))
    memory: Memory = defaultdict(dict)
    with torch.random.fork_rng(devices=[]), timing.threads(setting.threads or 1), torch.enable_grad():
        torch.manual_seed(0)
        compared = {name: networks.network(name).to(device) for name in networks.NETWORKS}
        inputs = {length: torch.randn(setting.batch, length, networks.WIDTH).to(device) for length in sizes.lengths}
        calls = [
            (length, name, timing.work_of(compared[name], inputs[length], setting.work))
            for length in sizes.lengths
            for name in compared
            if _fits(name, setting, length)
        ]
        for turn in range(sizes.rounds + 1):
            for number, (length, name, work) in enumerate(calls):
                report((turn + number / len(calls)) / (sizes.rounds + 1))
                if turn == 0:  # warms up, too
                    memory[name][length] = timing.peak_bytes(work, device) / 1e6
                else:
                    times[name][length].append(timing.milliseconds(work, device))
    return times, memory


def _fits(name: str, setting: Setting, length: int) -> bool:
    """Tell if there is room for what a call holds: attention weights, and in training the values of all steps."""
    from .lab import networks, timing

    if setting.work == timing.TRAINING and setting.batch * length > _MOST_STEPS:
        return False
    holds = name in (networks.ATTENTION, networks.HYBRID)
    return not holds or setting.batch * networks.HEADS * length**2 * 4 <= _MOST_BYTES


def _transformers() -> tuple[str, str]:
    from .lab.networks import ATTENTION, FUSED

    return ATTENTION, FUSED


def _ratios(setting: Setting, times: Times) -> Iterator[Quantity]:
    """Yield the time of each Transformer as a multiple of that of an RNN in the same round, by length."""
    for name, other in product(_transformers(), _AGAINST):
        for length, own in times[name].items():
            ratios = [mine / its for mine, its in zip(own, times[other][length], strict=True)]
            where = setting.where(network=name, against=other, length=length)
            yield Quantity("time ratio", where, *ratio_interval(ratios), "", len(ratios))


def _memory_ratios(setting: Setting, memory: Memory) -> Iterator[Quantity]:
    """Yield the same of peak memory, which is counted and has no interval."""
    for name, other in product(_transformers(), _AGAINST):
        for length, own in memory[name].items():
            ratio = own / memory[other][length]
            where = setting.where(network=name, against=other, length=length)
            yield Quantity("memory ratio", where, ratio, ratio, ratio, "", 1)


def _exponents(setting: Setting, times: Times) -> Iterator[Quantity]:
    """Yield the exponent with which each network's time grows with the length."""
    from .lab.statistics import quantity

    for name, by_length in times.items():
        lengths = [length for length in by_length if length >= _LONG]
        if len(lengths) < 2:
            continue
        logs = [math.log(length) for length in lengths]
        rounds = zip(*(by_length[length] for length in lengths), strict=True)
        slopes = [slope(logs, [math.log(time) for time in each]) for each in rounds]
        yield quantity("exponent", setting.where(network=name), slopes, "")


def _crossings(setting: Setting, times: Times) -> Iterator[Quantity]:
    """Yield the length from which a Transformer's order to an RNN is another one, with the ends over the rounds."""
    for name, other in product(_transformers(), _AGAINST):
        lengths = list(times[name])
        rounds = range(len(times[name][lengths[0]]))
        found = [
            crossing(lengths, [times[name][length][turn] / times[other][length][turn] for length in lengths])
            for turn in rounds
        ]
        crossed = sorted(length for length in found if length is not None)
        if len(crossed) == len(found):
            where = setting.where(network=name, against=other)
            middle = crossed[len(crossed) // 2]
            yield Quantity("crossing", where, middle, crossed[0], crossed[-1], "steps", len(crossed))


def _plots(setting: Setting, times: Times, memory: Memory) -> Iterator[Plot]:
    threads = setting.threads
    place = f"{threads} thread{'s' * (threads != 1)}" if threads else _GPU
    title = f"{setting.work}, batch {setting.batch}, {place}"
    timed = tuple(
        Series(name, tuple(Point(length, *ratio_interval(values)) for length, values in by_length.items()))
        for name, by_length in times.items()
    )
    weighed = tuple(
        Series(name, tuple(Point(length, value) for length, value in by_length.items()))
        for name, by_length in memory.items()
    )
    yield Plot(f"Time: {title}", "steps", "milliseconds", timed, log_x=True, log_y=True)
    yield Plot(f"Peak memory: {title}", "steps", "MB", weighed, log_x=True, log_y=True)


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Compare each Transformer's time with that of the LSTM and the GRU of as many weights: a condition holds where the
    whole interval of the ratio is below 1. All hold: holds; some: holds partly; none: does not hold."""
    ratios = named(quantities, "time ratio")
    conditions = []
    for key in dict.fromkeys(_condition(ratio) for ratio in ratios):
        by_length = [(ratio.where["length"], is_below(ratio, 1.0)) for ratio in ratios if _condition(ratio) == key]
        conditions.append(f"{key}: {_spans(by_length)}")
    return Verdict(together(is_below(ratio, 1.0) for ratio in ratios), tuple(conditions))


def _condition(ratio: Quantity) -> str:
    where = ratio.where
    place = f"threads {where['threads']:g}" if "threads" in where else _GPU
    settings = f"batch {where['batch']:g}, {place}"
    return f"{where['network']} and {where['against']}, {where['work']}, {settings}"


_WORDS = {HOLDS: "cheaper", FAILS: "dearer", UNDECIDED: "undecided"}


def _spans(by_length: list[tuple[str | float, str]]) -> str:
    """Return answers by length in words: "cheaper at 16 to 512, dearer at 1024"."""
    starts = [0, *(place + 1 for place, (one, next_) in enumerate(pairwise(by_length)) if one[1] != next_[1])]
    spans = []
    for start, end in pairwise([*starts, len(by_length)]):
        first, last = by_length[start][0], by_length[end - 1][0]
        spans.append(f"{_WORDS[by_length[start][1]]} at {first:g}" + (f" to {last:g}" if last != first else ""))
    return ", ".join(spans)


register(
    Claim(
        name="efficiency",
        place=1,
        sentence="Transformers are computationally cheaper than RNNs.",
        source="The article, on why Transformers replaced RNNs.",
        method="Milliseconds and peak memory of one layer of each kind, of equal numbers of weights, against length.",
        quick=Sizes(lengths=(16, 64, 256, 1024), batches=(1,), threads=(1,), rounds=3, gpu=True),
        full=Sizes(lengths=(16, 64, 256, 512, 1024, 4096), batches=(1, 32), threads=(1, 2), rounds=4, gpu=True),
        measure=measure,
        rule=rule,
    )
)
