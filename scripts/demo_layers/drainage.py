"""Where water runs: receivers, what passes through each cell, height above the stream.

Each cell has one receiver, so the landscape is a forest. Sums and recursions along it are done by doubling: after k
rounds a cell knows its 2^k-th receiver, and NumPy alone carries a million cells through a dozen rounds.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

_STEPS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


@dataclass(frozen=True)
class Flow:
    """receiver: flat index of the cell that takes this cell's water (itself at an outlet); step: distance to it."""

    receiver: np.ndarray
    step: np.ndarray

    def accumulate(self, amount: np.ndarray) -> np.ndarray:
        """What passes through each cell, its own amount included."""
        total = amount.astype(np.float64).ravel().copy()
        pointer = np.where(self.receiver == np.arange(total.size), -1, self.receiver)
        while (moving := np.flatnonzero(pointer >= 0)).size:
            total = total + np.bincount(pointer[moving], total[moving], total.size)
            pointer = np.where(pointer >= 0, pointer[pointer], -1)
        return total

    def recurse(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The solution of h = a + b · h(receiver); where b is 0 the recursion ends."""
        a, b, pointer = a.copy(), b.copy(), self.receiver
        while np.any(b > 0):
            a, b = a + b * a[pointer], b * b[pointer]
            pointer = pointer[pointer]
        return a

    def first(self, mark: np.ndarray) -> np.ndarray:
        """Flat index of the first marked cell downstream of each cell, itself included; the outlet where none is."""
        pointer = np.where(mark, np.arange(mark.size), self.receiver)
        while True:
            further = pointer[pointer]
            if np.array_equal(further, pointer):
                return pointer
            pointer = further


def route(height: np.ndarray, outlets: np.ndarray, cell: float, lure: np.ndarray) -> Flow:
    """Steepest descent over the eight neighbours; every depression drains over its lowest pass.

    height: (rows, columns); outlets: bool, same shape, where water leaves; cell: side in metres; lure: about 1, same
    shape, by which a fall to that cell counts more or less: without it smooth slopes drain in straight lines.
    """
    rows, columns = height.shape
    padded, lures = np.pad(height, 1, constant_values=np.inf), np.pad(lure, 1)
    own = np.arange(height.size).reshape(height.shape)
    steepest, receiver = np.zeros(height.shape), own.copy()
    step = np.full(height.shape, cell)
    for dr, dc in _STEPS:
        length = cell * (np.sqrt(2.0) if dr and dc else 1.0)
        there = np.s_[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + columns]
        fall = (height - padded[there]).clip(0) * (lures[there] / length)
        better = (fall > steepest) & ~outlets
        steepest = np.where(better, fall, steepest)
        receiver = np.where(better, own + dr * columns + dc, receiver)
        step = np.where(better, length, step)
    flow = Flow(receiver.ravel(), step.ravel())
    return _open_pits(flow, height, outlets, cell)


def _open_pits(flow: Flow, height: np.ndarray, outlets: np.ndarray, cell_m: float) -> Flow:
    """Join each closed basin to the next one at its lowest pass, lowest passes first."""
    outlet = outlets.ravel()
    pit = flow.first(np.zeros(height.size, bool))
    basin = np.where(outlet[pit], -1, pit)
    if not np.any(basin >= 0):
        return flow
    receiver, step = flow.receiver.copy(), flow.step.copy()
    joined = {-1}
    waiting: dict[int, list[tuple[float, int, int, float]]] = {}
    for z, a, b, length in _passes(basin, height):
        waiting.setdefault(int(basin[a]), []).append((z, a, b, length))
        waiting.setdefault(int(basin[b]), []).append((z, b, a, length))
    front = list(waiting.get(-1, []))
    heapq.heapify(front)
    while front:
        _, inner, outer, length = heapq.heappop(front)
        new = int(basin[outer])
        if new in joined:
            continue
        joined.add(new)
        # Turn the way from the pass to the pit round, so that the pit drains over the pass.
        cell, onward, onward_length = outer, inner, length * cell_m
        while True:
            before, before_length = int(receiver[cell]), float(step[cell])
            receiver[cell], step[cell] = onward, onward_length
            if cell == new:
                break
            cell, onward, onward_length = before, cell, before_length
        for edge in waiting[new]:
            heapq.heappush(front, edge)
    return Flow(receiver, step)


def _passes(basin: np.ndarray, height: np.ndarray) -> list[tuple[float, int, int, float]]:
    """The lowest pass (height, cell, neighbour, cells from one to the other) of every two touching basins."""
    own = np.arange(height.size).reshape(height.shape)
    pairs = [
        (own[:, :-1], own[:, 1:]),
        (own[:-1], own[1:]),
        (own[:-1, :-1], own[1:, 1:]),
        (own[:-1, 1:], own[1:, :-1]),
    ]
    a = np.concatenate([p.ravel() for p, _ in pairs])
    b = np.concatenate([q.ravel() for _, q in pairs])
    length = np.repeat([1.0, 1.0, np.sqrt(2.0), np.sqrt(2.0)], [p.size for p, _ in pairs])
    differ = basin[a] != basin[b]
    a, b, length = a[differ], b[differ], length[differ]
    z = np.maximum(height.ravel()[a], height.ravel()[b])
    low, high = np.minimum(basin[a], basin[b]), np.maximum(basin[a], basin[b])
    order = np.lexsort((b, a, z, high, low))
    a, b, z, low, high, length = a[order], b[order], z[order], low[order], high[order], length[order]
    first = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    return list(zip(*(v[first].tolist() for v in (z, a, b, length)), strict=True))
