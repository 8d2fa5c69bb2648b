# %% [markdown]
# # The method in one file
#
# From silhouettes to the ablation table: two networks, their features joined, query expansion by clustering,
# k-reciprocal re-ranking, rank-1. As it stands it draws walkers in code, trains for some minutes on two cores and goes
# on where it was if you stop it: `python examples/method.py`. **Synthetic walkers are not people**: what the table says
# of real ones stands in docs/figures.md.

# %%
from pathlib import Path

import numpy as np

from gaitprint.evaluation.identification.evaluate import evaluate
from gaitprint.evaluation.identification.mean_figures import mean_figure, mean_interval
from gaitprint.evaluation.protocol.protocol import load_protocol
from gaitprint.inference.fusion import fuse
from gaitprint.ingest.layout_choice import LayoutChoice
from gaitprint.retrieval.pipeline import Pipeline
from gaitprint.stages import embed, prepare, train
from gaitprint.store import is_store
from gaitprint.training.request import TrainingRequest

OUT = Path("method")
WALKERS = {"subjects": 40, "frames": 24, "views": ["072", "090", "108"], "seed": 0}
ITERATIONS = 400

# %% [markdown]
# ## 1. Silhouettes
#
# Every frame is cropped to the body, scaled to 64 rows and centred. A store of your own people is made by the same
# function: `prepare(Path("CASIA-B"), store, LayoutChoice("casia-b"))`. Half of the people train, the others are tested.

# %%
store = OUT / "walkers"
if not is_store(store):
    prepare(Path("synthetic"), store, LayoutChoice("synthetic", WALKERS))

# %% [markdown]
# ## 2. Two networks
#
# GaitGL sees the whole silhouette and its horizontal strips; GaitMask, beside the plain convolution, a branch that is
# trained under complementary random bands. Both learn by a triplet loss of each part on its own, and a classifier.

# %%
models = {
    name: Path(
        train(store, OUT / name, TrainingRequest(f"{name}-demo", overrides=[f"training.iterations={ITERATIONS}"])).model
    )
    for name in ("gaitgl", "gaitmask")
}

# %% [markdown]
# ## 3. One vector a walk
#
# Of people who took no part in training. The joint vector is that of GaitGL with that of GaitMask behind it.

# %%
gaitgl, gaitmask = (embed(store, [model]) for model in models.values())
both = fuse([gaitgl, gaitmask])

# %% [markdown]
# ## 4. Query expansion and re-ranking
#
# Expansion replaces each vector by the mean of its cluster; re-ranking counts the neighbours that two walks have in
# common. Both look at all probes together: they are *transductive*, and their figures are marked so.

# %%
expansion = {"name": "cluster-expansion", "k": 9}
reranking = {"name": "k-reciprocal", "k1": 6, "k2": 6, "lambda_": 0.3}
table = {
    "GaitGL": (gaitgl, {"scorer": "euclidean"}),
    "+ re-ranking": (gaitgl, {"scorer": reranking}),
    "+ query expansion": (gaitgl, {"transforms": [expansion], "scorer": reranking}),
    "+ GaitMask (full method)": (both, {"transforms": [expansion], "scorer": reranking}),
}

# %% [markdown]
# ## 5. The table
#
# Rank-1 in the competition's form: one gallery walk a person, nine probes, twelve draws; intervals over subjects.

# %%
protocol, rank1 = load_protocol("hid-draws"), {}
for row, (walks, settings) in table.items():
    steps = Pipeline.from_settings(settings)
    found = evaluate(walks, protocol, steps.as_distances(), generator=np.random.default_rng(0))
    rank1[row], interval = mean_figure(found), mean_interval(found, seed=0, resamples=1000)
    ends = "" if interval is None else f"({interval.low:.1f} to {interval.high:.1f})"
    print(f"{row:26} {rank1[row]:5.1f} %  {ends:16}  {'transductive' if steps.transductive else ''}".rstrip())
