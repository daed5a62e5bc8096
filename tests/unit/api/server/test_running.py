"""The server's start and end."""

import signal
import socket
import time
from pathlib import Path

import anyio
import pytest

from rnnformer_demo import cli
from rnnformer_demo.api.server import health
from rnnformer_demo.api.server.running import Server, check_writable, listening
from rnnformer_demo.data import InputError


@pytest.fixture(autouse=True)
def _afterwards():
    yield
    health.ENDING.clear()


@pytest.fixture
def taken() -> int:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_ends_the_command_with_a_sentence(taken, monkeypatch, capsys):
    monkeypatch.setenv("RNNFORMER_HOST", "127.0.0.1")
    monkeypatch.setenv("RNNFORMER_PORT", str(taken))
    assert cli.main(["serve"]) == 2
    assert capsys.readouterr().err == (
        f"Port {taken} is taken on 127.0.0.1: end what listens there, or set RNNFORMER_PORT.\n"
    )


def test_a_foreign_address_and_a_folder_without_rights_get_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"192\.0\.2\.1 is no address of this machine: set RNNFORMER_HOST"):
        listening("192.0.2.1", 0)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"Nothing can be written to .*: set GRADIO_TEMP_DIR"):
        check_writable(tmp_path / "file" / "folder", "GRADIO_TEMP_DIR")
    check_writable(Path(tmp_path / "new"), "GRADIO_TEMP_DIR")


def server(grace: int, waits: list[int]) -> Server:
    return Server(None, grace, waits.pop, lambda: None)


def ticks(served: Server) -> float:
    """Seconds until the server ends."""
    started = time.monotonic()

    async def until_it_ends() -> None:
        while not await served.on_tick(1):
            await anyio.sleep(0.01)

    anyio.run(until_it_ends)
    return time.monotonic() - started


def test_after_sigterm_it_ends_as_soon_as_nobody_waits():
    served = server(30, [0] * 1000 + [1] * 20)
    served.handle_exit(signal.SIGTERM, None)
    assert health.ENDING.is_set()
    assert 0.3 <= ticks(served) < 5


@pytest.mark.parametrize(
    ("signals", "least"), [([signal.SIGINT], 1), ([signal.SIGTERM, signal.SIGTERM], 0), ([signal.SIGTERM], 1.2)]
)
def test_it_ends_though_somebody_waits_when_the_grace_is_over(signals, least):
    served = server(1.2, [1] * 10_000)
    for each in signals:
        served.handle_exit(each, None)
    assert least <= ticks(served) < least + 1


def test_it_goes_on_without_a_signal():
    assert anyio.run(server(1, [0]).on_tick, 1) is False
