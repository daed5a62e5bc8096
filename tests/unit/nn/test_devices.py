"""Training goes where the GPU is, and what it leaves lies on the CPU."""

import pytest
import torch

from rnnformer_demo.nn import devices
from rnnformer_demo.training import loop
from rnnformer_demo.training.config import TrainingConfig
from rnnformer_demo.training.loop import classification, fit


@pytest.mark.parametrize(("there", "device"), [(True, "cuda"), (False, "cpu")])
def test_the_gpu_is_used_where_there_is_one(monkeypatch, there, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert devices.accelerator().type == device


def test_tensors_are_put_to_device_of_the_weights():
    model = torch.nn.Linear(2, 2, device="meta")
    first, second = devices.to_device_of(model, torch.zeros(3), torch.ones(2, dtype=torch.long))
    assert (first.device.type, first.shape) == ("meta", (3,))
    assert (second.device.type, second.dtype) == ("meta", torch.long)


def test_a_model_is_trained_there_and_comes_back(monkeypatch, tmp_path):
    moved = []
    monkeypatch.setattr(loop, "accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.nn.Module, "to", lambda model, device: moved.append(device.type))  # there may be no GPU
    monkeypatch.setattr(torch.nn.Module, "cpu", lambda model: moved.append("cpu"))
    monkeypatch.setattr(loop, "to_device_of", lambda model, *tensors: moved.append(len(tensors)) or tensors)
    model = torch.nn.Linear(3, 2)
    batch = torch.ones(4, 3), torch.ones(4, 3, dtype=torch.bool), torch.tensor([0, 1, 0, 1])
    loss = classification(lambda inputs, mask: model(inputs), 0.0)
    fit(model, loss, lambda epoch: [batch, batch], 2, lambda: 0.5, TrainingConfig(epochs=1), tmp_path, {})
    assert moved == ["cuda", 3, 3, "cpu"]
