"""Loops made of vector instructions: products of small matrices, and sums of stretches of values.

A compiler that meets a loop over arrays asks at run time whether they overlap, and keeps no sums of a matrix product
in registers. Here the instructions are said outright. Every sum is taken in the order of its terms, however many rows
there are: bytes do not hang on what is computed together.
"""

from collections.abc import Callable, Sequence
from typing import Any

from numba import types
from numba.extending import intrinsic

from gaitprint.deploy.lanes import LANES, ROWS, WIDTH, Value, Writer, vector_of

_ADDRESS, _FLOAT = types.intp, types.float32


def _written(arguments: Sequence[Any], write: Callable[..., None]) -> tuple[Any, Callable[..., Any]]:
    """What numba asks of an intrinsic: its types, and who writes it."""

    def generate(context: Any, builder: Any, _signature: Any, values: Sequence[Value]) -> Value:
        write(Writer(builder), *values)
        return context.get_dummy_value()

    return types.void(*arguments), generate


def _sums(
    w: Writer, a: Value, b: Value, count: Value, ahead: Value | None = None, pace: Value | None = None
) -> list[list[Value]]:
    """ROWS rows of a matrix times one panel of another, [ROWS][2] vectors."""
    rows = [w.at(a, count, r) for r in range(ROWS)]

    def term(number: Value, sums: Sequence[Value]) -> list[Value]:
        panel = w.at(b, number, WIDTH)
        columns = w.load(panel), w.load(panel, 1)
        if ahead is not None:
            w.fetch(w.at(ahead, number, pace))
        found = []
        for r in range(ROWS):
            factor = w.one(w.at(rows[r], number))
            found += [w.fused(factor, column, sums[2 * r + v]) for v, column in enumerate(columns)]
        return found

    sums = w.repeat(count, term, [vector_of(0.0)] * (2 * ROWS))
    return [list(sums[2 * r : 2 * r + 2]) for r in range(ROWS)]


@intrinsic  # type: ignore[untyped-decorator]
def multiply(_context: Any, a: Any, b: Any, count: Any, c: Any, step: Any, ahead: Any, pace: Any) -> Any:
    """c = a b, of ROWS rows a[count] and a panel b[count, WIDTH]; rows of c are `step` apart.

    Meanwhile lines from `ahead` on, `pace` values apart, are brought into the cache.
    """

    def write(w: Writer, a: Value, b: Value, count: Value, c: Value, step: Value, ahead: Value, pace: Value) -> None:
        for r, row in enumerate(_sums(w, a, b, count, ahead, pace)):
            for v, value in enumerate(row):
                w.store(value, w.at(c, step, r), v)

    return _written([_ADDRESS] * 7, write)


@intrinsic  # type: ignore[untyped-decorator]
def multiply_activated(_context: Any, a: Any, b: Any, count: Any, c: Any, step: Any, bias: Any, slope: Any) -> Any:
    """The same, c = LeakyReLU(a b + bias), with bias[WIDTH]."""

    def write(w: Writer, a: Value, b: Value, count: Value, c: Value, step: Value, bias: Value, slope: Value) -> None:
        slopes = w.all(slope)
        for r, row in enumerate(_sums(w, a, b, count)):
            for v, value in enumerate(row):
                w.store(w.activate(w.add(value, w.load(bias, v)), slopes), w.at(c, step, r), v)

    return _written([*[_ADDRESS] * 6, _FLOAT], write)


def _outputs(w: Writer, m: Sequence[Value]) -> list[Value]:
    """A^T m, see `gaitprint.deploy.winograd_kernels`."""
    a, b, c, d = w.add(m[1], m[2]), w.subtract(m[1], m[2]), w.add(m[3], m[4]), w.subtract(m[3], m[4])
    return [
        w.add(w.add(m[0], a), c),
        w.times(2.0, d, b),
        w.times(4.0, c, a),
        w.add(w.times(8.0, d, b), m[5]),
    ]


@intrinsic  # type: ignore[untyped-decorator]
def sum_outputs(_context: Any, source: Any, gap: Any, target: Any, step: Any, count: Any) -> Any:
    """A^T of six stretches of `count` vectors, `gap` apart: four, `step` apart."""

    def write(w: Writer, source: Value, gap: Value, target: Value, step: Value, count: Value) -> None:
        def one(number: Value, _: Sequence[Value]) -> list[Value]:
            first, to = w.at(source, number, LANES), w.at(target, number, LANES)
            found = _outputs(w, [w.load(w.at(first, gap, i)) for i in range(6)])
            for i, value in enumerate(found):
                w.store(value, w.at(to, step, i))
            return []

        w.repeat(count, one, [])

    return _written([_ADDRESS] * 5, write)


def _finish(add: bool) -> Callable[..., None]:
    def write(w: Writer, source: Value, bias: Value, slope: Value, target: Value, step: Value) -> None:
        slopes = w.all(slope)
        for v in range(2):
            for i, value in enumerate(_outputs(w, [w.load(source, 2 * j + v) for j in range(6)])):
                active = w.activate(w.add(value, w.load(bias, v)), slopes)
                place = w.at(target, step, i)
                w.store(w.add(active, w.load(place, v)) if add else active, place, v)

    return write


@intrinsic  # type: ignore[untyped-decorator]
def put_outputs(_context: Any, source: Any, bias: Any, slope: Any, target: Any, step: Any) -> Any:
    """LeakyReLU(A^T m + bias) of m[6, WIDTH]: four stretches of WIDTH, `step` apart."""
    return _written([_ADDRESS, _ADDRESS, _FLOAT, _ADDRESS, _ADDRESS], _finish(add=False))


@intrinsic  # type: ignore[untyped-decorator]
def add_outputs(_context: Any, source: Any, bias: Any, slope: Any, target: Any, step: Any) -> Any:
    """The same, added to what is there."""
    return _written([_ADDRESS, _ADDRESS, _FLOAT, _ADDRESS, _ADDRESS], _finish(add=True))


@intrinsic  # type: ignore[untyped-decorator]
def move_values(_context: Any, source: Any, target: Any, count: Any, add: Any) -> Any:
    """Put `count` values elsewhere, or add them to what is there."""

    def write(w: Writer, source: Value, target: Value, count: Value, add: Value) -> None:
        def one(number: Value, _: Sequence[Value]) -> list[Value]:
            w.move(w.at(source, number), w.at(target, number), add)
            return []

        w.repeat(count, one, [])

    return _written([_ADDRESS, _ADDRESS, _ADDRESS, types.boolean], write)
