"""The allocator gives freed memory back where it is glibc's."""

import sys

import pytest
import tiny

CODE = """
from pathlib import Path
from rnnformer_demo.ui.allocator import return_freed_memory

def resident():
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024

assert return_freed_memory()
start = resident()
for size in (8, 16, 30):  # each freed block would raise the threshold of the next
    blocks = [bytearray(b"x") * (size << 20) for _ in range(4)]
    grown = resident()
    del blocks
print(grown - start, resident() - start)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and glibc are Linux's")
def test_freed_blocks_go_back_to_the_system():
    grown, kept = map(float, tiny.run_python(CODE).split())
    assert grown > 100
    assert kept < 10
