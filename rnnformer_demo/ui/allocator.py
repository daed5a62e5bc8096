"""Memory of a server that handles pictures for hours: freed blocks go back to the system."""

import ctypes
import sys
import threading
import time

# Parameters of glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_BLOCK = 2**20  # bytes: from here on a block is given back as soon as it is freed
_TRIM_EVERY = 5.0  # seconds


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


def keep_trimmed() -> None:
    """Give freed blocks of all sizes back to the system every few seconds, on a daemon thread.

    Pages in the middle of a pool would stay with the process otherwise, about 50 MB after a crowd.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is None:
        return

    def repeat() -> None:
        while True:
            time.sleep(_TRIM_EVERY)
            trim(0)

    threading.Thread(target=repeat, name="trim", daemon=True).start()
