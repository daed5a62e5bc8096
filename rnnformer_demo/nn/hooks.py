"""Hook points, the one way to run a model that others may be observing, and the one place where hooks are registered.

Hooks belong to a module, not to a thread: whoever runs a model while another thread observes it would be observed,
too. Whatever runs a model therefore does so by `run`, or within one of the contexts `locked`, `with_gradients`,
`capture` and `replace_outputs`. All of them hold one lock, which its holder may take again and which is handed on in
turn, what is urgent first: see `ModelLock`. Passes are kept to about 100 ms, with `give_way` between them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from .lanes import side_by_side
from .lock import MODEL_LOCK

Change = Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]  # module, its inputs and its output to a new output
_hooked: list[Mapping[nn.Module, Callable]] = []  # what the lock's holder has hooked


class HookPoint(nn.Identity):
    """Identity whose output can be captured and replaced, named after the quantity that passes through it.

    Args:
        kind: "tokens" (B, T, D), "grid" and "texture" (B, D, h, w), "recurrent_input" (B, T, D; input of the
            recurrences of a block), "states" (B, T, 2U), "attention" (B, H, T, T), "pooling" (B, T), "pooled" (B, D) or
            "logits" (B, C).
        name: unique among the hook points of a model and fit to be shown, such as "lstm tokens 1".
    """

    kind: str
    name: str

    def __init__(self, kind: str, name: str) -> None:
        super().__init__()
        self.kind, self.name = kind, name


def give_way() -> None:
    """Let others run models, in turn, before the holder of the lock, who calls this between two passes, goes on.

    Nothing happens while hooks are registered, for the others' passes would be observed.

    Raises:
        Exception: what ends the work, see `Errand.check`.
    """
    if not _hooked:
        MODEL_LOCK.give_way()


def is_observed() -> bool:
    """Return whether hooks are registered: the models' modules must then run themselves."""
    return bool(_hooked)


@contextmanager
def locked() -> Iterator[None]:
    """Hold the lock of all models; its holder may take it again."""
    with MODEL_LOCK:
        yield


@contextmanager
def with_gradients() -> Iterator[None]:
    """Hold the lock with gradients enabled, and with recurrent layers that can be run backward in eval mode.

    cuDNN runs them backward in training mode alone; without it the gradients are the same.
    """
    with MODEL_LOCK, torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        yield


def run(function: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
    """Call a model, or a part of one, without gradients while holding the lock."""
    with MODEL_LOCK, torch.no_grad():
        return function(*arguments)


def run_all(function: Callable[..., Tensor], batches: Sequence[tuple[Tensor, ...]]) -> list[Tensor]:
    """Call a model on several batches without gradients while holding the lock, side by side where they are several."""
    with MODEL_LOCK, torch.no_grad():
        if len(batches) == 1:
            return [function(*batches[0])]
        return [*side_by_side(lambda batch: function(*batch), batches)]


@contextmanager
def capture(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of all hook points of a model, by their names, while holding the lock.

    The tensors are those of the last forward pass, still on its graph. No hook outlives the context.
    """
    outputs: dict[str, Tensor] = {}

    def collect(hook_point: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        outputs[cast(HookPoint, hook_point).name] = output

    with _registered({module: collect for module in model.modules() if isinstance(module, HookPoint)}):
        yield outputs


@contextmanager
def replace_outputs(changes: Mapping[nn.Module, Change]) -> Iterator[None]:
    """Replace the output of each module by the one that its change returns, while holding the lock.

    No hook outlives the context.
    """
    with _registered(changes):
        yield


@contextmanager
def observed() -> Iterator[None]:
    """Hold the lock where others register hooks, as Captum does: the models' modules then run themselves."""
    with _registered({}):
        yield


@contextmanager
def _registered(hooks: Mapping[nn.Module, Callable[..., Tensor | None]]) -> Iterator[None]:
    with MODEL_LOCK:
        handles = [module.register_forward_hook(hook) for module, hook in hooks.items()]
        _hooked.append(hooks)
        try:
            yield
        finally:
            _hooked.pop()
            for handle in handles:
                handle.remove()
