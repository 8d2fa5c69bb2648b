import numpy as np
import pytest

from gaitprint.components import find_component
from gaitprint.errors import ConfigError
from gaitprint.testing.steps import transformed


def test_golden(golden, embed):
    arrays = golden("query_expansion_aqe")
    names = [key.split("/")[1] for key in arrays if key.startswith("query_out/")]
    assert len(names) == 6
    for name in names:
        _, times, _, k, _, alpha = name.split("_")
        step = find_component("transform", "alpha-expansion").make(
            {"rounds": int(times), "k": int(k), "alpha": int(alpha)}
        )
        p, g = transformed(step, embed(arrays["query"]), embed(arrays["gallery"]))
        for found, expected in ((p, arrays[f"query_out/{name}"]), (g, arrays[f"gallery_out/{name}"])):
            assert np.abs(found.vectors - expected).max() <= 2e-6 * np.abs(expected).max(), name


@pytest.mark.parametrize("k", [1, 3, 50])
def test_against_plain_loops_with_ties(embed, k):
    rng = np.random.default_rng(0)
    x = rng.integers(-1, 3, size=(12, 3)).astype(np.float32)
    x[4] = 0
    step = find_component("transform", "alpha_expansion").make({"k": k, "alpha": 2})
    p, g = transformed(step, embed(x[:5]), embed(x[5:]))
    unit = [v / np.linalg.norm(v) if v.any() else v for v in x]
    expected = []
    for a in unit:
        cosines = [float(np.dot(a, b)) for b in unit]
        near = sorted(range(12), key=lambda j, c=cosines: (-round(c[j], 6), j))[:k]
        expected.append(sum(max(cosines[j], 0) ** 2 * x[j] for j in near) / len(near))
    np.testing.assert_allclose(np.concatenate([p.vectors, g.vectors]), expected, rtol=1e-5, atol=1e-6)


def test_blocks_of_rows_change_nothing(embed):
    x = np.random.default_rng(1).normal(size=(600, 4)).astype(np.float32)
    step = find_component("transform", "alpha-expansion").make({"k": 3})
    p, g = transformed(step, embed(x[:590]), embed(x[590:]))
    order = np.random.default_rng(2).permutation(590)
    q, h = transformed(step, embed(x[:590][order]), embed(x[590:]))
    np.testing.assert_allclose(q.vectors, p.vectors[order], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(h.vectors, g.vectors, rtol=1e-5, atol=1e-6)
    assert step.transductive
    assert p.settings["transforms"][0]["name"] == "alpha-expansion"


@pytest.mark.parametrize("values", [{"k": 0}, {"alpha": -1.0}, {"rounds": 0}])
def test_settings_out_of_range_are_named(values):
    with pytest.raises(ConfigError, match="at least"):
        find_component("transform", "alpha-expansion").make(values)
