"""Files that Python has packed for a site: the browser unpacks them to what they were."""

import base64
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from modules import modules

from rnnformer_demo.site import packing

UNPACK = """async ({ name, packed }) => {
  const { packedFile } = await import("/web/engine/unpack.js");
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const { unpack } = packedFile("file", { [name]: "digest" });
  return btoa(Array.from(await unpack(bytes), (byte) => String.fromCharCode(byte)).join(""));
}"""
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "file": bytes,
    "file.gz": packing.zipped,
    "file.planes.gz": lambda data: packing.zipped(packing.planes(data)),
    "file.lzma": packing.with_lzma,
}


def contents() -> dict[str, bytes]:
    """Files by what is special about them."""
    draw = random.Random(0)
    words = [draw.randbytes(draw.randint(1, 40)) for _ in range(60)]
    return {
        "empty": b"",
        "one byte": b"a",
        "one byte often": b"a" * 5001,
        "without a pattern": draw.randbytes(3001),
        "words that come back": b"".join(draw.choice(words) for _ in range(4000)),
        "copies from far away": draw.randbytes(300) + bytes(200_000) + draw.randbytes(300) * 2,
        "machine code": Path(sys.executable).read_bytes()[:60_000],
    }


@pytest.fixture(scope="module")
def engine(browser):
    with modules(browser, {}) as engine:
        yield engine


@pytest.mark.parametrize("name", WAYS)
def test_files_are_what_they_were(engine, name):
    for kind, data in contents().items():
        packed = base64.b64encode(WAYS[name](data)).decode()
        assert base64.b64decode(engine.call(UNPACK, {"name": name, "packed": packed})) == data, kind
