"""Records of a training in a card."""

import platform

import torch

from rnnformer_demo.nn import devices
from rnnformer_demo.training.config import TrainingConfig
from rnnformer_demo.training.loop import Progress
from rnnformer_demo.training.tasks import finish


def test_the_machine_is_recorded_without_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(devices.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert devices.machine().endswith(", 4 cores, 1 thread")
    assert platform.node() not in devices.machine()
    monkeypatch.setattr(devices, "Path", lambda path: tmp_path / "absent")
    assert devices.machine() == f"{platform.machine()}, 4 cores, 1 thread"
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A graphics card")
    assert devices.machine() == "A graphics card"


def test_the_record_of_a_training_names_machine_and_precision():
    history = [Progress(1, 0.5, 0.9, 1.0, seconds=90.0), Progress(2, 0.4, 0.9, 1.0, seconds=60.0)]
    record = finish.training_record(TrainingConfig(precision="bfloat16"), history)["training"]
    assert record["minutes"] == 2.5
    assert record["machine"] == f"{devices.machine()}, bfloat16"
