"""Arrays as JSON holds them: `{dtype, shape, data}`, base64 of little-endian numbers; uint8 with a scale and an offset.

Imports no torch: whoever draws a document needs NumPy alone.
"""

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

DType = Literal["float32", "float16", "uint8"]
_LEVELS = 255  # steps between the smallest and the largest value of a uint8 array
_LARGEST_HALF = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Array:
    """An array that survives JSON.

    Attributes:
        dtype: of the stored numbers: "float32", "float16" or "uint8".
        shape: of the array, row by row.
        data: base64 of the little-endian numbers.
        scale: factor from stored uint8 numbers to values; 1 otherwise.
        offset: value of a stored 0 of a uint8 array; 0 otherwise.

    Example:
        >>> Array.of([[0.0, 0.5], [1.0, 0.25]], "uint8", low=0, high=1).numpy().round(2).tolist()
        [[0.0, 0.5], [1.0, 0.25]]
    """

    dtype: DType
    shape: tuple[int, ...]
    data: str
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        size = math.prod(self.shape) * np.dtype(self.dtype).itemsize
        try:
            stored = len(base64.b64decode(self.data, validate=True))
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"data must be base64: {error}") from error
        if min(self.shape, default=0) < 0 or stored != size:
            raise ValueError(f"data must be {size} bytes for {self.dtype} of shape {self.shape}, got {stored}")

    @classmethod
    def of(cls, values: Any, dtype: DType = "float16", low: float | None = None, high: float | None = None) -> "Array":
        """Encode values, such as a NumPy array or a tensor on the CPU.

        Args:
            values: of any shape, finite.
            dtype: of the stored numbers. "uint8" keeps 256 levels between `low` and `high`.
            low, high: range of a uint8 array; that of the values by default.

        Raises:
            ValueError: for values that are not finite or lie outside the range that is given.
        """
        array = np.asarray(values, dtype=np.float32)
        if not np.isfinite(array).all():
            raise ValueError("values must be finite")
        if dtype != "uint8":
            if dtype == "float16":
                array = array.clip(-_LARGEST_HALF, _LARGEST_HALF)
            return cls(dtype, array.shape, _base64(array.astype(np.dtype(dtype).newbyteorder("<"))))
        least = float(array.min(initial=0.0) if low is None else low)
        most = float(array.max(initial=0.0) if high is None else high)
        if array.size and (array.min() < least - 1e-4 or array.max() > most + 1e-4):
            raise ValueError(f"values must lie in {least} to {most}, got {array.min()} to {array.max()}")
        scale = (most - least) / _LEVELS or 1.0
        levels = ((array - least) / scale).round().clip(0, _LEVELS).astype(np.uint8)
        return cls("uint8", array.shape, _base64(levels), scale, least)

    @classmethod
    def symmetric(cls, values: Any, top: float | None = None) -> "Array":
        """Encode values around 0 as uint8, such that 0 stays exactly 0.

        Args:
            values: of any shape, finite.
            top: largest size of a value; that of the values by default.
        """
        array = np.asarray(values, dtype=np.float32)
        top = float(np.abs(array).max(initial=0.0)) if top is None else top
        scale = top / (_LEVELS // 2) or 1.0
        encoded = cls.of(array, "uint8", low=-top, high=top + scale)
        return encoded

    def numpy(self) -> np.ndarray:
        """Return the values as float32."""
        stored = np.frombuffer(base64.b64decode(self.data), dtype=np.dtype(self.dtype).newbyteorder("<"))
        values = stored.reshape(self.shape).astype(np.float32)
        return values * np.float32(self.scale) + np.float32(self.offset) if self.dtype == "uint8" else values


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
