"""What a gallery of so many people takes: bytes by arithmetic, time by a short run on made-up templates.

A search reads every template once, so its time is a fixed part and so much a template; how much depends on whether
the templates fit in the processor's cache. The run therefore climbs from a thousand templates to more than a cache
holds, and what lies between is interpolated, what lies above continued in a straight line.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np
from jaxtyping import Float32

from gaitprint.config import require
from gaitprint.quantization.codec import Codec, assemble
from gaitprint.quantization.int8 import WholeNumbers
from gaitprint.quantization.packing import Codes
from gaitprint.quantization.product import Product, cut
from gaitprint.quantization.scan import TemplateIndex, block_rows
from gaitprint.quantization.settings import CodecSettings
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.types import PartLayout, SequenceRecord

FIRST, STEP = 1000, 4
"""Templates of the smallest run, and how many times larger the next one is."""
MOST = 1 << 18
"""Templates of the largest run."""
LARGEST = 128 << 20
"""Bytes of the largest run: four times a large cache."""
_AGAIN = 3
"""Searches timed in a row."""
_DIFFERENT = 2048
"""Made-up templates; more are copies of them that differ in length only."""
_HEAD = 600
"""Bytes of a file's header: the card and the names of the arrays."""


@dataclass(frozen=True)
class Demand:
    """How large the gallery is and how it is asked."""

    people: int
    """People enrolled."""
    templates: int = 1
    """Templates a person."""
    width: int = 2048
    """Floats of a vector."""
    parts: int = 16
    """Parts of a vector, of one size each."""
    probes: int = 1
    """Probes that are searched together."""
    shortlist: int = 100
    """Nearest templates that a search answers."""

    def __post_init__(self) -> None:
        for name in ("people", "templates", "width", "parts", "probes", "shortlist"):
            require(getattr(self, name) >= 1, f"{name} is 1 or more, found {getattr(self, name)}")
        require(self.width % self.parts == 0, f"{self.parts} parts do not divide {self.width} floats: say --parts")

    @property
    def count(self) -> int:
        """Templates of all people."""
        return self.people * self.templates

    @property
    def layout(self) -> PartLayout:
        """The parts of a vector."""
        return PartLayout(((self.parts, self.width // self.parts),))


@dataclass(frozen=True)
class Capacity:
    """What one codec takes."""

    name: str
    template_bytes: int
    disk: int
    """Bytes of the files of templates and codec, with names such as 000123/nm-01/090."""
    memory: int
    """Bytes of templates and search while one is going on; names are kept elsewhere."""
    milliseconds: float
    """Of one probe: its search through all templates."""
    gigabytes_a_second: float
    """Template bytes that a second's search gets through."""


def plan_capacity(
    demand: Demand,
    codecs: Sequence[CodecSettings],
    generator: np.random.Generator,
    rounds: int = 5,
    clock: Callable[[], float] = perf_counter,
) -> tuple[Capacity, ...]:
    """Bytes and time of each codec.

    Args:
        demand: how large, and how it is asked.
        codecs: which.
        generator: of the made-up vectors.
        rounds: measurements of each size, all codecs and sizes in turn; the median counts.
        clock: seconds; `time.process_time` where other work on the machine is to be left out.
    """
    made = [made_up_codec(settings, demand.layout, generator) for settings in codecs]
    ladders = measure(made, demand, generator, rounds, clock)
    return tuple(_capacity(codec, demand, ladder) for codec, ladder in zip(made, ladders, strict=True))


def disk_bytes(codec: Codec, demand: Demand) -> int:
    """Of the files of `save_templates` and `save_codec`."""
    digits = max(6, len(str(demand.people - 1)))
    record = SequenceRecord(f"{0:0{digits}}/nm-01/090", f"{0:0{digits}}", "nm-01", "090")
    line = len(json.dumps([record.key, record.subject, record.condition, record.view])) + 1
    return demand.count * (codec.template_bytes + line) + 2 * _HEAD + sum(a.nbytes for a in codec.learned.values())


def memory_bytes(codec: Codec, demand: Demand) -> int:
    """Of a `TemplateIndex` and what its `best` holds at once."""
    rows, width, probes = min(demand.count, block_rows(codec)), demand.width, demand.probes
    if codec.principal is not None:
        width = len(codec.principal.axes)
    packing = codec.packing
    sorting = rows * (5 * probes + 16)
    if isinstance(packing, Product):
        tables = probes * len(packing.pieces) * len(packing.centres) * 4
        return demand.count * codec.template_bytes + tables + max(sorting, rows * (8 * probes + 4))
    unpacked = 0 if codec.settings.packing == "float32" else rows * width * 4
    spread = unpacked if isinstance(packing, WholeNumbers) and len(packing.slices) > 1 else 0
    searching = max(unpacked + spread, unpacked + rows * probes * 4, rows * probes * 8, sorting)
    return demand.count * (codec.template_bytes + 4) + searching


def made_up_codec(settings: CodecSettings, layout: PartLayout, generator: np.random.Generator) -> Codec:
    """A codec that has seen nobody: axes and centres are drawn, for a search takes the same time with any.

    Raises:
        ConfigError: more components than floats, or a part that cannot be cut.
    """
    require(settings.width <= layout.width, f"{settings.name} keeps more than the {layout.width} floats that there are")
    learned: dict[str, np.ndarray] = {}
    inner = PartLayout(((1, settings.width),)) if settings.width else layout
    if settings.width:
        learned["mean"] = np.zeros(layout.width, np.float32)
        learned["axes"] = _drawn(settings.width, layout.width, generator) / np.float32(np.sqrt(layout.width))
    if settings.packing == "pq":
        cut(part_slices(inner, inner.width), settings.pieces)
        learned["centres"] = _drawn(settings.centres, inner.width, generator)
    return Codec(settings, layout, "made up", *assemble(settings, layout, learned))


def measure(
    codecs: Sequence[Codec],
    demand: Demand,
    generator: np.random.Generator,
    rounds: int,
    clock: Callable[[], float] = perf_counter,
) -> list[dict[int, float]]:
    """For each codec, templates -> seconds of a search by `demand.probes` probes."""
    vectors = _drawn(_DIFFERENT, demand.width, generator)
    probes = _drawn(demand.probes, demand.width, generator)
    runs: list[tuple[int, int, TemplateIndex]] = []
    for number, codec in enumerate(codecs):
        few = codec.encode(vectors)
        counts = sizes(codec, demand.count)
        runs += [(number, count, _index(codec, few, count, generator)) for count in counts]
    times: dict[tuple[int, int], list[float]] = {(number, count): [] for number, count, _ in runs}
    for _ in range(rounds):
        for number, count, index in runs:
            index.best(probes, demand.shortlist)  # a gallery in use has what fits of it in the cache
            for _ in range(_AGAIN):
                start = clock()
                index.best(probes, demand.shortlist)
                times[number, count].append(clock() - start)
    return [
        {count: median(taken) for (owner, count), taken in times.items() if owner == number}
        for number in range(len(codecs))
    ]


def sizes(codec: Codec, wanted: int) -> list[int]:
    """Templates of the runs: up to the first size that is enough, and no more than the bounds allow."""
    found = [FIRST]
    bound = max(FIRST * STEP, min(MOST, LARGEST // codec.template_bytes))
    while found[-1] < min(wanted, bound) or len(found) < 2:
        found.append(min(found[-1] * STEP, bound))
    return found


def seconds_for(count: int, ladder: dict[int, float]) -> float:
    """The time of a search through `count` templates by what was measured."""
    known = sorted(ladder)
    taken = [ladder[n] for n in known]
    if count <= known[-1]:
        return float(np.interp(count, known, taken))
    return taken[-1] + (count - known[-1]) * max(taken[-1] - taken[0], 0.0) / (known[-1] - known[0])


def _capacity(codec: Codec, demand: Demand, ladder: dict[int, float]) -> Capacity:
    seconds = seconds_for(demand.count, ladder)
    return Capacity(
        name=codec.settings.name,
        template_bytes=codec.template_bytes,
        disk=disk_bytes(codec, demand),
        memory=memory_bytes(codec, demand),
        milliseconds=1e3 * seconds / demand.probes,
        gigabytes_a_second=demand.count * codec.template_bytes / seconds / 1e9,
    )


def _index(codec: Codec, few: Codes, count: int, generator: np.random.Generator) -> TemplateIndex:
    """So many templates out of fewer, of which no two are equally far from a probe: equals would be sorted faster."""
    copies: dict[str, np.ndarray] = {name: np.resize(array, (count, *array.shape[1:])) for name, array in few.items()}
    if isinstance(codec.packing, Product):
        drawn = generator.integers(len(codec.packing.centres), size=copies["codes"].shape)
        copies["codes"] = drawn.astype(np.uint8)
    index = TemplateIndex.of(codec, copies)
    if not len(index.squares):
        return index
    return replace(index, squares=index.squares * generator.uniform(0.9, 1.1, count).astype(np.float32))


def _drawn(rows: int, width: int, generator: np.random.Generator) -> Float32[np.ndarray, "N W"]:
    return generator.standard_normal((rows, width), dtype=np.float32)
