"""Vector instructions, written in LLVM's language, which numba translates for the processor it finds.

Arrays are given by the address of their first value; distances are in values of float32.
"""

import platform
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, config


def _lanes() -> int:
    """Values of one vector register, by the instructions that numba compiles for."""
    features = config.CPU_FEATURES
    if features is None:
        features = binding.get_host_cpu_features().flatten()
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return 8  # pairs of registers of four: there are twice as many
    return 16 if "+avx512f" in features else 8 if "+avx2" in features else 4


LANES = _lanes()
"""Values of a vector."""
WIDTH = 2 * LANES
"""Columns of a panel: a matrix is stored panel by panel, [J, rows, WIDTH], the last one filled up with zeros."""
ROWS = 6
"""Rows of a product that are computed at once; 12 sums of a panel's columns are held in 16 registers."""

F32, I64 = ir.FloatType(), ir.IntType(64)
VECTOR = ir.VectorType(F32, LANES)

Value = Any
"""What an instruction answers; llvmlite has no types."""
Body = Callable[[Value, Sequence[Value]], Sequence[Value]]
"""What is done again and again: from its number and what it answered last time."""


class Writer:
    """Writes instructions into the function that numba is compiling."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        signature = ir.FunctionType(VECTOR, [VECTOR] * 3)
        self._fused = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.v{LANES}f32")

    def at(self, address: Value, index: Value, times: Value | int = 1) -> Value:
        """The address of the value that lies `index * times` values behind this one."""
        if isinstance(times, int):
            times = _integer(times)
        return self._builder.add(address, self._builder.mul(self._builder.mul(index, times), _integer(4)))

    def load(self, address: Value, offset: int = 0) -> Value:
        """A vector, `offset` vectors behind the address."""
        return self._builder.load(self._vector(address, offset), align=4)

    def fetch(self, address: Value) -> None:
        """Bring a line into the cache that will be read."""
        byte, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        signature = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        function = cgutils.get_or_insert_function(self._builder.module, signature, "llvm.prefetch.p0i8")
        place = self._builder.inttoptr(address, byte)
        self._builder.call(function, [place, *(ir.Constant(i32, x) for x in (0, 3, 1))])

    def store(self, value: Value, address: Value, offset: int = 0) -> None:
        """Put a vector there."""
        self._builder.store(value, self._vector(address, offset), align=4)

    def one(self, address: Value) -> Value:
        """A vector of one value."""
        return self.all(self._builder.load(self._builder.inttoptr(address, F32.as_pointer()), align=4))

    def all(self, value: Value) -> Value:
        """A vector of a value."""
        undefined = ir.Constant(VECTOR, ir.Undefined)
        first = self._builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        every = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [ir.Constant(ir.IntType(32), 0)] * LANES)
        return self._builder.shuffle_vector(first, undefined, every)

    def move(self, source: Value, target: Value, add: Value) -> None:
        """Put one value elsewhere, or add it to what is there."""
        places = [self._builder.inttoptr(address, F32.as_pointer()) for address in (source, target)]
        value, there = (self._builder.load(place, align=4) for place in places)
        summed = self._builder.fadd(value, there)
        self._builder.store(self._builder.select(add, summed, value), places[1], align=4)

    def add(self, a: Value, b: Value) -> Value:
        """a + b."""
        return self._builder.fadd(a, b)

    def subtract(self, a: Value, b: Value) -> Value:
        """a - b."""
        return self._builder.fsub(a, b)

    def fused(self, a: Value, b: Value, c: Value) -> Value:
        """a b + c, rounded once where the processor can."""
        return self._builder.call(self._fused, [a, b, c])

    def times(self, factor: float, a: Value, b: Value) -> Value:
        """factor a + b."""
        return self.fused(vector_of(factor), a, b)

    def activate(self, a: Value, slope: Value) -> Value:
        """LeakyReLU with a slope below 1."""
        scaled = self._builder.fmul(a, slope)
        return self._builder.select(self._builder.fcmp_ordered(">", a, scaled), a, scaled)

    def repeat(self, count: Value, body: Body, values: Sequence[Value]) -> Sequence[Value]:
        """Run a body at least once, with its number and what it answered before; what it answers last."""
        builder, before = self._builder, self._builder.block
        loop, behind = builder.append_basic_block("loop"), builder.append_basic_block("behind")
        builder.branch(loop)
        builder.position_at_end(loop)
        number = builder.phi(I64)
        number.add_incoming(_integer(0), before)
        held = [builder.phi(value.type) for value in values]
        for phi, value in zip(held, values, strict=True):
            phi.add_incoming(value, before)
        found = body(number, held)
        following = builder.add(number, _integer(1))
        number.add_incoming(following, loop)
        for phi, value in zip(held, found, strict=True):
            phi.add_incoming(value, loop)
        builder.cbranch(builder.icmp_signed("<", following, count), loop, behind)
        builder.position_at_end(behind)
        return found

    def _vector(self, address: Value, offset: int) -> Value:
        moved = self._builder.add(address, _integer(4 * LANES * offset))
        return self._builder.inttoptr(moved, VECTOR.as_pointer())


def _integer(value: int) -> Value:
    return ir.Constant(I64, value)


def vector_of(value: float) -> Value:
    """A vector of a number."""
    return ir.Constant(VECTOR, [ir.Constant(F32, value)] * LANES)
