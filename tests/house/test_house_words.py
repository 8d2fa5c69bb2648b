"""The field's words: what was renamed to them does not come back."""

import ast
import re
from pathlib import Path

import pytest
from house_files import MODULES, ROOT, SOURCE, name_of, parsed

GONE_MODULES = {
    "anew": "recompute",
    "change": "gallery_delta",
    "choosing": "subject_folds",
    "claims": "output_folder",
    "comparison": "distance_blocks",
    "feeds": "sequence_sources",
    "gone_over": "pair_source",
    "good_enough": "quality_mask",
    "guard": "nonfinite_policy",
    "halves": "float16",
    "interruption": "graceful_shutdown",
    "jaccard": "k_reciprocal",
    "kept": "incremental",
    "minimal": "winograd",
    "nearby": "prepared_gallery",
    "one_probe": "incremental",
    "permutation": "sign_flip_test",
    "report_found": "report_data",
    "report_measured": "collect_report_data",
    "resampling": "bootstrap",
    "rivals": "nearest_matches",
    "rules": "sample_size",
    "sources": "archives",
    "storage": "atomic_files",
    "temporal": "winograd_time",
    "union": "patched_graph or concatenation",
    "usual": "likelihood_ratios",
    "walks_apart": "pair_explanation",
    "watching": "run_logger",
    "whole_numbers": "int8",
    "work": "budget",
    "world": "process_group",
    "yaml_account": "key_ledger",
    "yaml_elsewhere": "unsupported_keys",
}
"""Names of modules and folders, with and without an underscore, and the field's word."""

GONE_CLASSES = {
    "Anew": "RecomputeTransform",
    "Change": "GalleryDelta",
    "Compared": "PairExplanation",
    "Divisible": "AdditiveScorer",
    "Feed": "SequenceSource",
    "Figure": "ErrorRate",
    "Guard": "NonfinitePolicy",
    "Joined": "ConcatSequences",
    "KeptComparison": "ProbewiseComparison",
    "KeptExpansion": "ExpansionRound",
    "KeptGallery": "IncrementalReranker",
    "KeptLists": "NeighbourLists",
    "KeptPipeline": "FittedPipeline",
    "Nearby": "PreparedGallery",
    "Rival": "Match",
    "RunningState": "TrainerState",
    "Union": "PatchedNeighbours",
    "Usual": "LikelihoodRatio",
    "Work": "ComputeBudget",
    "World": "ProcessGroup",
}

GONE_NAMES = {
    "claim": "bind_folder",
    "good_enough": "quality_mask",
    "halve": "max_pool_2x2",
    "lengthen": "repeat_short_clips",
    "limit_shares": "assign_balanced",
    "one_at_a_time": "inductive",
    "pays": "winograd_is_faster",
    "says_channels_last": "as_channels_last",
    "sound_frames": "verified_frames",
    "take_in": "insert",
}
"""Of functions, parameters and settings."""


def gone_words(path: Path) -> list[str]:
    """Words in a module's names that the field has others for, and those."""
    parts = path.relative_to(SOURCE).with_suffix("").parts if path.is_relative_to(SOURCE) else (path.stem,)
    used = [(part, GONE_MODULES) for part in parts]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            used.append((node.name, GONE_CLASSES))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            used.append((node.name, GONE_NAMES))
        elif isinstance(node, ast.arg):
            used.append((node.arg, GONE_NAMES))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            used.append((node.target.id, GONE_NAMES))
    bare = [(word.lstrip("_"), gone) for word, gone in used]
    return [f"{word}: say {gone[word]}" for word, gone in bare if word in gone]


def test_words_that_went_stay_away() -> None:
    assert {name_of(path): gone for path in MODULES if (gone := gone_words(path))} == {}


def test_the_glossary_explains_each_word_once_and_names_what_is_there() -> None:
    page = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", page.partition("## Words")[2].partition("\n## ")[0], re.MULTILINE)
    words = [word for name, _ in rows[2:] for word in name.split(", ")]
    assert len(words) > 30
    assert sorted(w for w in set(words) if words.count(w) > 1) == []
    classes = {node.name for path in MODULES for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef)}
    assert {name for _, text in rows for name in re.findall(r"`([A-Z]\w+)`", text) if name != "None"} <= classes


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        ("_feeds.py", "", ["feeds: say sequence_sources"]),
        ("a.py", "class _Work: ...", ["Work: say ComputeBudget"]),
        ("a.py", "class A:\n    def _take_in(self): ...", ["take_in: say insert"]),
        ("a.py", "class A:\n    one_at_a_time: bool = False", ["one_at_a_time: say inductive"]),
        ("a.py", "def f(*, lengthen=1): ...", ["lengthen: say repeat_short_clips"]),
        ("working.py", "class Workshop:\n    def claims(self, world): ...", []),
    ],
    ids=["module", "class", "method", "setting", "parameter", "other words"],
)
def test_each_place_of_a_name_is_looked_at(tmp_path, name, source, found) -> None:
    (tmp_path / name).write_text(source)
    assert gone_words(tmp_path / name) == found
