"""The training loop of every model: AdamW, warm-up and cosine decay, gradient clipping, resume."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm import tqdm

from ..checkpoints.aside import save_aside
from ..data import InputError
from ..nn.devices import accelerator, to_device_of
from .config import TrainingConfig

Batch = tuple[Tensor, Tensor, Tensor]  # inputs, mask (B, T), targets as the loss takes them
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # of a batch, a scalar
_LAST = "last.safetensors"
_OTHER = {"training": "other hyperparameters", "config": "another config"}
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Progress:
    """Figures of a finished epoch; `accuracy` is on the held-out part, 0-1."""

    epoch: int
    loss: float
    accuracy: float
    gradient_norm: float
    seconds: float = field(compare=False)


def fit(
    model: nn.Module,
    loss: Loss,
    batches: Callable[[int], list[Batch] | Iterable[Batch]],
    batches_per_epoch: int,
    accuracy: Callable[[], float],
    training: TrainingConfig,
    run_folder: Path,
    config: dict,
    resume: bool = False,
    rates: Mapping[str, float] = MappingProxyType({}),
) -> list[Progress]:
    """Train the parameters of `model` that ask for a gradient, and leave its best weights in it, on the CPU.

    A GPU is used where there is one. Best means highest accuracy on the held-out part. After every epoch the whole
    state goes to `run_folder`; an interrupted run that is resumed ends with the same weights as one that was not.

    Args:
        loss: what is minimised, see `classification`.
        batches: the training batches of an epoch, in an order that only the epoch decides.
        accuracy: share of right answers on the held-out part, 0-1, of the model wherever it lies.
        config: what else decides the run, as JSON takes it; a run is only resumed with the same.
        rates: shares of the learning rate for parameters whose names begin so; the others have all of it.

    Raises:
        InputError: where there is nothing to resume, where it was trained with other hyperparameters or another config,
            where the processor lacks the precision, and where the loss is no longer a number.
    """
    device = accelerator()
    if training.precision == "bfloat16" and not multiplies_bfloat16(device):
        raise InputError("This processor does not multiply bfloat16 itself: leave --precision at float32.")
    model.to(device)
    optimizer = torch.optim.AdamW(_groups(model, training.weight_decay, rates), lr=training.learning_rate, fused=True)
    steps = training.epochs * batches_per_epoch
    state = _State(run_folder, model, optimizer, {"training": asdict(training), "config": config})
    history = state.load() if resume else []
    for epoch in range(len(history), training.epochs):
        started = time.time()
        torch.manual_seed(training.seed * 10_007 + epoch)  # dropout of an epoch does not depend on what ran before
        bar = tqdm(batches(epoch), total=batches_per_epoch, desc=f"epoch {epoch + 1}/{training.epochs}", mininterval=2)
        mean_loss, norm = _pass_over(bar, model, loss, optimizer, training, epoch * batches_per_epoch, steps)
        history.append(Progress(epoch + 1, mean_loss, accuracy(), norm, time.time() - started))
        line = f"epoch {epoch + 1}: loss {mean_loss:.4f}, held-out accuracy {history[-1].accuracy:.4f}"
        tqdm.write(line, file=sys.stderr)  # standard output belongs to --json
        state.save(history)
    state.load_best()
    model.cpu()
    return history


def multiplies_bfloat16(device: torch.device) -> bool:
    """Tell if matrices of bfloat16 are multiplied in hardware; elsewhere they are slow, and an LSTM fails."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()  # no public function tells it


def classification(forward: Callable[[Tensor, Tensor], Tensor], label_smoothing: float) -> Loss:
    """Return the cross-entropy loss of labels (B,), for `fit`.

    Args:
        forward: inputs and mask (B, T) to logits (B, C).
    """

    def loss(inputs: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(forward(inputs, mask).float(), labels, label_smoothing=label_smoothing)

    return loss


def _pass_over(
    bar: tqdm,
    model: nn.Module,
    loss_of: Loss,
    optimizer: torch.optim.Optimizer,
    training: TrainingConfig,
    step: int,
    steps: int,
) -> tuple[float, float]:
    """Train one epoch from update `step` of `steps` on; return its mean loss and mean gradient norm before clipping."""
    model.train()
    losses, norms = [], []
    precision = PRECISIONS[training.precision]
    for batch in bar:
        inputs, mask, targets = to_device_of(model, *batch)
        with torch.autocast(inputs.device.type, precision, enabled=precision != torch.float32):
            loss = loss_of(inputs, mask, targets)
        if not torch.isfinite(loss):
            raise InputError(f"The loss is {loss.item()} after {step} updates: lower the learning rate.")
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * training.learning_rate * _rate(step, steps, training.warmup)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), training.clip).item())
        optimizer.step()
        step += 1
        losses.append(loss.item())
        bar.set_postfix(loss=f"{_mean(losses[-50:]):.3f}", refresh=False)
    model.eval()
    return _mean(losses), _mean(norms)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _groups(model: nn.Module, weight_decay: float, rates: Mapping[str, float]) -> list[dict]:
    """Return parameter groups: decay for matrices and convolutions, none for biases, norms, gains, embeddings."""
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    groups: dict[tuple, list] = {(share, decayed): [] for share in (1.0, *rates.values()) for decayed in (True, False)}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            share = next((rate for beginning, rate in rates.items() if name.startswith(beginning)), 1.0)
            groups[share, parameter.ndim > 1 and id(parameter) not in embeddings].append(parameter)
    return [
        {"params": parameters, "weight_decay": weight_decay if decayed else 0.0, "share": share}
        for (share, decayed), parameters in groups.items()
    ]


def _rate(step: int, steps: int, warmup: float) -> float:
    """Return the share of the learning rate, 0-1: linear warm-up, then a cosine down to nothing."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def has_checkpoint(run_folder: Path) -> bool:
    """Tell if there is something to resume: a finished epoch."""
    return (run_folder / _LAST).exists()


class _State:
    """A run on disk: weights and optimizer in one safetensors file with settings and history in its metadata, so that
    all of them are of the same epoch; the best weights in another."""

    def __init__(self, folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict):
        self.folder, self.model, self.optimizer = folder, model, optimizer
        self.settings = json.loads(json.dumps(settings))  # as it is read back: tuples have become lists
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, history: list[Progress]) -> None:
        best = max(history, key=lambda progress: progress.accuracy)  # the first of equals
        weights = {key: value.contiguous() for key, value in self.model.state_dict().items()}
        if best is history[-1]:
            save_aside(self.folder / "best.safetensors", weights)
        moments = {
            f"{index}.{key}": value
            for index, entry in self.optimizer.state_dict()["state"].items()
            for key, value in entry.items()
        }
        tensors = {f"model.{key}": value for key, value in weights.items()}
        tensors |= {f"optimizer.{key}": value for key, value in moments.items()}
        run = {**self.settings, "history": [asdict(progress) for progress in history]}
        save_aside(self.folder / _LAST, tensors, {"run": json.dumps(run)})

    def load(self) -> list[Progress]:
        last = self.folder / _LAST
        if not last.exists():
            raise InputError(f"There is no run to resume in {self.folder}: start it without --resume.")
        with safe_open(last, framework="pt") as file:
            state = json.loads(file.metadata()["run"])
        for part, settings in self.settings.items():
            before = state.get(part, {})
            if before != settings:
                keys = sorted(key for key in {*before, *settings} if before.get(key) != settings.get(key))
                raise InputError(
                    f"The run in {self.folder} has {_OTHER[part]}, different in {', '.join(keys)}: "
                    "start anew with --overwrite instead of --resume, or elsewhere with another --name or --runs."
                )
        tensors = load_file(last)
        weights = {key.removeprefix("model."): value for key, value in tensors.items() if key.startswith("model.")}
        self.model.load_state_dict(weights, strict=True)
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".", 2)
                moments.setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": moments})
        return [Progress(**progress) for progress in state["history"]]

    def load_best(self) -> None:
        self.model.load_state_dict(load_file(self.folder / "best.safetensors"), strict=True)
