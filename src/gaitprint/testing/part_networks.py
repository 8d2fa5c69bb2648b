"""What a network in two stages promises beside the rest: how it may be taken apart, and what its parts are about."""

from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from gaitprint.models.base import PartNetwork
from gaitprint.models.part_rows import PartRows
from gaitprint.testing.deploy_forms import run_form
from gaitprint.testing.promises import Promises, expect

FRAMES, STEP = 3, 5
"""Frames of the clip whose rows are changed one after another, and which of its rows: every fifth."""


def check_part_network(about: Promises, network: PartNetwork) -> None:
    """Try what training in parts of a batch, and explaining, lean on; see `gaitprint.models.base.PartNetwork`.

    Raises:
        ContractError: a promise is broken.
    """
    clips = torch.rand(3, 1, 6, *about.example.frame, generator=_seeded(1))
    with about.promise("network(clips) is network.head(network.trunk(clips))"):
        network.eval()
        staged = network.head(network.trunk(clips))
        expect(torch.equal(staged.embedding, network(clips).embedding), "another embedding in two stages")
    with about.promise("`mixes_clips` is true exactly where in training a clip's pooled parts depend on the others"):
        network.train()
        with torch.no_grad():
            whole = network.trunk(clips, _seeded(2))
            alone = torch.cat([network.trunk(clip, _seeded(2)) for clip in clips.split(1)])
        differs = not torch.allclose(whole, alone, rtol=1e-4, atol=1e-4 * float(whole.abs().max()))
        expect(network.mixes_clips == differs, f"mixes_clips = {network.mixes_clips}, and parts differ: {differs}")
    with about.promise("deploy_form() is None, or computes the embedding of the network in evaluation"):
        form = network.eval().deploy_form()
        if form is not None:
            with torch.no_grad():
                wanted = deepcopy(network).double()(clips.double()).embedding.numpy()
            error = np.abs(run_form(form, clips[:, 0].numpy()) - wanted).max() / np.abs(wanted).max()
            expect(error < 1e-5, f"{error:.1e} of the largest value between them")
    with about.promise("part_rows(rows) is None, or says of every part its band and all rows that can change it"):
        found = network.part_rows(about.example.frame[0])
        if found is not None:
            _check_rows(deepcopy(network).double().eval(), found, about.example.frame)
    if found is not None:
        with about.promise("it says in frames how far a moment sees: `frames_around`, `moments_around` and `stride`"):
            _check_frames(deepcopy(network).double().eval(), found, about.example.frame)


@torch.no_grad()
def _check_rows(network: PartNetwork, said: PartRows, frame: tuple[int, int]) -> None:
    rows = range(0, frame[0], STEP)
    maps: list[Tensor] = []
    network.pooling.register_forward_pre_hook(lambda _layer, given: maps.append(given[0]))
    clip = torch.rand(1, 1, FRAMES, *frame, generator=_seeded(3)).double()
    others = clip.repeat(len(rows), 1, 1, 1, 1)
    for other, row in zip(others, rows, strict=True):
        other[:, :, row] = 1 - other[:, :, row]
    parts = network.trunk(clip).shape[1]
    expect(len(said.band) == len(said.field) == len(said.branch) == parts, f"{len(said.band)} of {parts} parts")
    network.trunk(others)
    # of the map, for the mean of a part loses what is negative
    plain, changed = (m.unflatten(3, (parts, -1)) for m in maps)
    seen = (changed != plain).any(dim=5).any(dim=4).any(dim=2).any(dim=1).numpy()
    inside = np.array([[low <= row < high for low, high in said.field] for row in rows])
    wrong = [(rows[i], part) for i, part in np.argwhere(seen & ~inside).tolist()]
    expect(wrong == [], f"(row, part) {wrong[:3]}, where a row changes a part in whose field it is not")
    middles = {part: (low + high) // 2 for part, (low, high) in enumerate(said.band)}
    blind = [part for part, row in middles.items() if row in rows and not seen[rows.index(row), part]]
    expect(blind == [], f"parts {blind[:3]}, which the middle of their band does not change")


@torch.no_grad()
def _check_frames(network: PartNetwork, said: PartRows, frame: tuple[int, int]) -> None:
    """The frames just before and just behind those that a moment sees change nothing in it; its own do."""
    maps: list[Tensor] = []
    network.pooling.register_forward_pre_hook(lambda _layer, given: maps.append(given[0]))
    moment = said.moments_around + 1 + -(-said.frames_around // said.stride)
    own = said.stride * moment
    first = own - said.stride * said.moments_around - said.frames_around
    last = first + said.frames_seen - 1
    clip = torch.rand(1, 1, last + 2 + said.stride, *frame, generator=_seeded(3)).double()
    changed = {"before": first - 1, "behind": last + 1, "its own": own + said.stride // 2}
    network.trunk(clip)
    for where, place in changed.items():
        other = clip.clone()
        other[:, :, place] = 1 - other[:, :, place]
        network.trunk(other)
        differs = not torch.equal(maps[-1][:, :, moment], maps[0][:, :, moment])
        expect(differs == (where == "its own"), f"another moment {moment}: {differs}, of frame {place}, {where}")


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
