"""Memory of a server that handles pictures for hours: freed blocks go back to the system."""

import ctypes
import sys

# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_BLOCK = 2**20  # bytes: from here on a block is given back as soon as it is freed


def return_freed_memory() -> bool:
    """Tell glibc's allocator to keep few freed blocks; return False on systems that have another allocator.

    By default it raises its thresholds to the largest block ever freed and keeps a pool for each thread: the memory
    of a server then grows with the number of analyses, though nobody uses it.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((_ARENA_MAX, 2), (_MMAP_THRESHOLD, _BLOCK), (_TRIM_THRESHOLD, _BLOCK))
    answers = [mallopt(parameter, value) for parameter, value in settings]
    return answers == [1] * len(settings)
