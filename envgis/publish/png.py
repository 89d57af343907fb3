"""A small PNG of palette colours, without a driver: the picture that a page shows before its script has run."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def palette_png(indices: NDArray[np.uint8], colours: Sequence[tuple[int, int, int, int]]) -> bytes:
    """A PNG file of ``indices`` (rows, columns) into ``colours`` (red, green, blue, alpha; 0…255, at most 256)."""
    rows, columns = indices.shape
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), indices], axis=1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    palette = b"".join(bytes(colour[:3]) for colour in colours)
    alpha = bytes(colour[3] for colour in colours)
    chunks = [(b"IHDR", header), (b"PLTE", palette), (b"tRNS", alpha), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
