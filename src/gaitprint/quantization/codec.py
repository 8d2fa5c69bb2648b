"""A frozen codec: vectors of one source to templates of so many bytes, and back to vectors nearly the same."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from gaitprint.atomic_files import sha256_json
from gaitprint.config import settings_to_dict
from gaitprint.errors import ArtefactError, ShapeError
from gaitprint.quantization.float16 import Halves, Whole
from gaitprint.quantization.int8 import WholeNumbers
from gaitprint.quantization.packing import Codes, Packing, template_bytes
from gaitprint.quantization.principal import Principal, fit_principal
from gaitprint.quantization.product import Product, cut, fit_product
from gaitprint.quantization.settings import CodecSettings
from gaitprint.retrieval.distances.exact import part_slices
from gaitprint.types import Embeddings, PartLayout


@dataclass(frozen=True, eq=False)
class Codec:
    """What was learned once, from training subjects, and never changes."""

    settings: CodecSettings
    layout: PartLayout
    source: str
    """Of the embeddings that it was fitted on and that alone it takes."""
    principal: Principal | None
    packing: Packing
    dataset: str | None = None
    """Of the training embeddings, where they say so."""
    subjects: tuple[str, ...] = ()
    """Whom it was fitted on, so that nobody is tested with it who helped to make it."""

    def encode(self, vectors: Float32[np.ndarray, "N D"]) -> Codes:
        """Codes of vectors, each by itself.

        Raises:
            ShapeError: another width, or a float that the packing cannot hold.
        """
        self._check_width(vectors)
        return self.packing.pack(self.inner(vectors))

    def decode(self, codes: Codes) -> Float32[np.ndarray, "N D"]:
        """The vectors that codes stand for.

        Raises:
            ShapeError: these are no codes of this codec.
        """
        self.check_codes(codes)
        floats = self.packing.unpack(codes)
        return floats if self.principal is None else self.principal.lift(floats)

    def inner(self, vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N W"]:
        """The floats that are packed: the vectors, or their principal coordinates."""
        self._check_width(vectors)
        return vectors if self.principal is None else self.principal.project(vectors)

    def restored(self, embeddings: Embeddings) -> Embeddings:
        """What is left of embeddings once they have been templates.

        Raises:
            ArtefactError: they are of another source or layout.
        """
        self.check_fits(embeddings)
        vectors = self.decode(self.encode(embeddings.vectors))
        return replace(embeddings, vectors=vectors, settings={**embeddings.settings, "codec": self.settings.name})

    @property
    def template_bytes(self) -> int:
        """Bytes of one template, without its name."""
        return template_bytes(self.packing.form)

    @property
    def description(self) -> str:
        """What it became: fewer components or centres than asked for, where training vectors hold no more."""
        words = [] if self.principal is None else [f"{len(self.principal.axes)} principal components"]
        if isinstance(self.packing, Product):
            pieces = len(self.packing.pieces)
            words.append(f"{pieces} codebooks of {len(self.packing.centres)} centres")
        else:
            words += [f"{values} x {kind.name}" for kind, values in self.packing.form.values()]
        return ", ".join(words)

    @property
    def learned(self) -> dict[str, np.ndarray]:
        """Everything taken from training vectors, by name."""
        principal = {} if self.principal is None else {"mean": self.principal.mean, "axes": self.principal.axes}
        return {**principal, **self.packing.learned}

    @cached_property
    def fingerprint(self) -> str:
        """Of all that decides what codes mean."""
        arrays = {
            name: [array.dtype.str, list(array.shape), hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()]
            for name, array in sorted(self.learned.items())
        }
        layout = [list(block) for block in self.layout.blocks]
        made = {"settings": settings_to_dict(self.settings), "layout": layout, "source": self.source, "learned": arrays}
        return sha256_json(made)

    def check_fits(self, embeddings: Embeddings) -> None:
        """Raise ArtefactError unless the embeddings are of the codec's source and layout."""
        if (embeddings.source, embeddings.layout) != (self.source, self.layout):
            raise ArtefactError(
                f"the codec {self.settings.name} is of vectors by {self.source[:12]!r} {self.layout.blocks}, these are "
                f"by {embeddings.source[:12]!r} {embeddings.layout.blocks}: fit a codec on vectors of the same networks"
            )

    def check_codes(self, codes: Codes) -> None:
        """Raise ShapeError unless arrays of these names, types and widths are there, of one length."""
        rows = {len(array) for array in codes.values()}
        found = {name: (array.dtype, array.shape[1:]) for name, array in codes.items()}
        wanted = {name: (kind, (values,)) for name, (kind, values) in self.packing.form.items()}
        if found != wanted or len(rows) != 1:
            raise ShapeError(f"the codec {self.settings.name} has codes {wanted} of one length, found {found}, {rows}")

    def _check_width(self, vectors: Float32[np.ndarray, "N D"]) -> None:
        if vectors.shape[1] != self.layout.width:
            raise ShapeError(
                f"the codec {self.settings.name} takes vectors of {self.layout.width} floats, found {vectors.shape[1]}"
            )


def fit_codec(settings: CodecSettings, training: Embeddings, generator: np.random.Generator) -> Codec:
    """Learn a codec from the vectors of training subjects.

    Args:
        settings: which codec.
        training: of subjects that it will not be tested on.
        generator: the source of chance, for k-means.

    Raises:
        ShapeError: the vectors are too few, or all alike.
        ConfigError: a part cannot be cut as asked for.
    """
    vectors, layout = training.vectors, training.layout
    principal = fit_principal(vectors, settings.width) if settings.width else None
    floats = vectors if principal is None else principal.project(vectors)
    inner = inner_layout(layout, principal)
    if settings.packing == "pq":
        pieces = cut(part_slices(inner, inner.width), settings.pieces)
        packing: Packing = fit_product(floats, pieces, settings.centres, generator)
    else:
        packing = _packing(settings, inner, {})
    subjects = tuple(sorted({r.subject for r in training.records if r.subject is not None}))
    dataset = training.settings.get("dataset")
    return Codec(
        settings, layout, training.source, principal, packing, dataset if isinstance(dataset, str) else None, subjects
    )


def assemble(
    settings: CodecSettings, layout: PartLayout, learned: Mapping[str, np.ndarray]
) -> tuple[Principal | None, Packing]:
    """The two halves of a codec from what it has learned.

    Raises:
        ShapeError: the arrays are not those of such a codec.
    """
    wanted = {*(("mean", "axes") if settings.width else ()), *(("centres",) if settings.packing == "pq" else ())}
    if set(learned) != wanted or any(a.dtype != np.float32 for a in learned.values()):
        raise ShapeError(f"the codec {settings.name} has float32 arrays {sorted(wanted)}, found {sorted(learned)}")
    principal = None
    if settings.width:
        mean, axes = learned["mean"], learned["axes"]
        if mean.shape != (layout.width,) or axes.ndim != 2 or axes.shape[1] != layout.width:
            raise ShapeError(f"axes of {layout.width} floats are wanted, found {list(axes.shape)}, {list(mean.shape)}")
        principal = Principal(mean, axes)
    return principal, _packing(settings, inner_layout(layout, principal), learned)


def inner_layout(layout: PartLayout, principal: Principal | None) -> PartLayout:
    """The parts of what is packed: principal coordinates are one part."""
    return layout if principal is None else PartLayout(((1, len(principal.axes)),))


def _packing(settings: CodecSettings, inner: PartLayout, learned: Mapping[str, np.ndarray]) -> Packing:
    slices = part_slices(inner, inner.width)
    match settings.packing:
        case "float32":
            return Whole(inner.width)
        case "fp16":
            return Halves(inner.width)
        case "int8":
            return WholeNumbers((slice(0, inner.width),))
        case "int8-part":
            return WholeNumbers(tuple(slices))
        case _:
            if learned["centres"].ndim != 2:
                raise ShapeError(f"centres are a matrix, found {list(learned['centres'].shape)}")
            return Product(cut(slices, settings.pieces), learned["centres"])
