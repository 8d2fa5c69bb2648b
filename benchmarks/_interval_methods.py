"""Other ways to make a 95% interval over subjects, for comparison; each takes one experiment.

`hits` and `walks` are [S, C]: a subject's right and all sequences in each of C cells; the figure is the mean over cells
of the share of hits. Efron and Tibshirani, An introduction to the bootstrap (1993), chapters 12 to 14; Hesterberg, What
teachers should know about the bootstrap (2015), for the expanded percentiles.
"""

import numpy as np
from scipy.stats import norm, t

TAILS = np.array([0.025, 0.975])


def share(hits, walks, weights):
    """The figure with subjects weighted, [B]; cells that no drawn subject has are left out."""
    number = weights @ walks
    cells = np.divide(weights @ hits, number, out=np.full(number.shape, np.nan), where=number > 0)
    return np.nanmean(cells, axis=1)


def influences(hits, walks):
    """First order change of the figure by one more of each subject."""
    number = walks.sum(axis=0)
    return ((hits - walks * hits.sum(axis=0) / number) / number).mean(axis=1)


def percentile(hits, walks, weights):
    return np.quantile(share(hits, walks, weights), TAILS)


def expanded(hits, walks, weights):
    subjects = len(hits)
    wider = norm.cdf(np.sqrt(subjects / (subjects - 1)) * t.ppf(TAILS, subjects - 1))
    return np.quantile(share(hits, walks, weights), wider)


def bca(hits, walks, weights):
    drawn = share(hits, walks, weights)
    whole = share(hits, walks, np.ones((1, len(hits))))[0]
    below = np.clip((drawn < whole).mean() + 0.5 * (drawn == whole).mean(), 1 / len(drawn), 1 - 1 / len(drawn))
    bias = norm.ppf(below)
    left_out = share(hits, walks, 1.0 - np.eye(len(hits)))
    moved = left_out.mean() - left_out
    spread = (moved**2).sum() ** 1.5
    skew = (moved**3).sum() / (6 * spread) if spread > 0 else 0.0
    z = bias + norm.ppf(TAILS)
    return np.quantile(drawn, norm.cdf(bias + z / (1 - skew * z)))


def student(hits, walks, weights):
    """The bootstrap-t on the figure's own scale, cut at 0 and 1."""
    whole = share(hits, walks, np.ones((1, len(hits))))[0]
    one = influences(hits, walks)
    moved = weights @ one
    spread = np.sqrt(np.maximum(weights @ one**2 - moved**2 / len(hits), 0.0))
    ratio = np.divide(moved, spread, out=np.sign(moved) * 1e3, where=spread > 1e-12)
    error = np.sqrt((one**2).sum())
    low, high = np.quantile(ratio, TAILS)
    return np.clip([whole - high * error, whole - low * error], 0.0, 1.0)


OTHERS = {"percentile": percentile, "expanded": expanded, "BCa": bca, "bootstrap-t": student}
