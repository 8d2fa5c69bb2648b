"""Which sequences a protocol makes probes and which gallery; an empty side is an error that says what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from jaxtyping import Bool, Int

from gaitprint.errors import ProtocolError
from gaitprint.evaluation.protocol.protocol import ProbeSelection, Protocol, Selection
from gaitprint.layouts.similar_names import misspelt
from gaitprint.texts import natural_order
from gaitprint.types import SequenceRecord


@dataclass(frozen=True)
class Sides:
    """One probe selection and its gallery, as rows of the embeddings."""

    name: str
    probes: Int[np.ndarray, " Q"]
    gallery: Int[np.ndarray, " G"]


def choose_sides(protocol: Protocol, records: Sequence[SequenceRecord]) -> list[Sides]:
    """Probe and gallery rows of every probe selection of a protocol (not for the mode `draws`).

    Raises:
        ProtocolError: a side is empty, or a sequence stands on both sides without being excluded.
    """
    check_unique(protocol, records)
    present = _present(protocol, records)
    taken = np.zeros(len(records), bool)
    for probes in protocol.probes.values():
        taken |= matches(probes, records)
    sides = []
    for name, probes in protocol.probes.items():
        gallery = probes.gallery or protocol.gallery or Selection()
        left = present & matches(probes, records)
        right = present & matches(gallery, records) & ~(taken if gallery.others else np.zeros_like(taken))
        _require_some(left, f"the probe selection {name}", protocol, probes, records, present)
        _require_some(right, f"the gallery of {name}", protocol, gallery, records, present)
        both = np.flatnonzero(left & right)
        # a sequence on both sides meets itself at distance 0, unless the protocol leaves such pairs out
        apart = bool(protocol.exclude) or (protocol.mode == "view-by-view" and not protocol.identical_views)
        if len(both) and not apart:
            raise ProtocolError(
                f"protocol {protocol.name}: {len(both)} sequences ({records[both[0]].key}, ...) are probe {name} and "
                "gallery at once and would find themselves: select apart, or add 'same-key' to `exclude`"
            )
        sides.append(Sides(name, np.flatnonzero(left), np.flatnonzero(right)))
    return sides


def choose_pool(protocol: Protocol, name: str, records: Sequence[SequenceRecord]) -> Int[np.ndarray, " N"]:
    """Rows that the mode `draws` draws from.

    Raises:
        ProtocolError: none.
    """
    check_unique(protocol, records)
    present = _present(protocol, records)
    pool = present & matches(protocol.probes[name], records)
    _require_some(pool, f"the selection {name}", protocol, protocol.probes[name], records, present)
    return np.flatnonzero(pool)


def compared_pairs(
    protocol: Protocol, probes: Sequence[SequenceRecord], gallery: Sequence[SequenceRecord]
) -> Bool[np.ndarray, "Q G"] | None:
    """Pairs that a protocol compares (True) and those it excludes; None: all are compared."""
    if not protocol.exclude:
        return None

    def equal(name: Callable[[SequenceRecord], str]) -> Bool[np.ndarray, "Q G"]:
        left, right = np.array([name(r) for r in probes]), np.array([name(r) for r in gallery])
        same: Bool[np.ndarray, "Q G"] = left[:, None] == right[None, :]
        return same

    def view(record: SequenceRecord) -> str:
        return short_view(protocol, record.view)

    valid = np.ones((len(probes), len(gallery)), bool)
    for rule in protocol.exclude:
        if rule == "same-key":
            valid &= ~equal(lambda r: r.key)
        elif rule == "same-view":
            valid &= ~equal(view)
        else:
            other = view if rule == "same-subject-and-view" else (lambda r: r.condition)
            # sequences of nobody known share no subject: each counts by its own key
            valid &= ~(equal(lambda r: r.subject or r.key) & equal(other))
    return valid


def subject_numbers(records: Sequence[SequenceRecord]) -> Int[np.ndarray, " N"]:
    """A number for every subject, in the order of their names; -1 for sequences without one."""
    known = {s: i for i, s in enumerate(sorted({r.subject for r in records if r.subject is not None}))}
    return np.array([-1 if r.subject is None else known[r.subject] for r in records], np.int64)


def require_subjects(
    protocol: Protocol, name: str, rows: Int[np.ndarray, " N"], records: Sequence[SequenceRecord], what: str
) -> None:
    """Raise ProtocolError where a sequence to be scored has no subject."""
    unknown = [records[i].key for i in rows if records[i].subject is None]
    if unknown:
        raise ProtocolError(
            f"protocol {protocol.name}: {len(unknown)} of the {len(rows)} {what} of {name} have no subject "
            f"({unknown[0]}, ...): nothing can be right or wrong there; write an answer file instead, or select with "
            "`labelled = true`"
        )


def matches(selection: Selection, records: Sequence[SequenceRecord]) -> Bool[np.ndarray, " N"]:
    """Tell which records meet every criterion of a selection (`others` apart)."""
    keep = np.ones(len(records), bool)
    for names, patterns in _criteria(selection, records):
        keep &= _fit(names, patterns)
    if selection.keys_from:
        raise ProtocolError(f"the list {selection.keys_from} of sequence keys was not handed over: call with_lists")
    if selection.keys:
        keys = frozenset(selection.keys)
        present = {name for r in records for name in (r.key, long_name(r))}
        if odd := misspelt(sorted(keys - present), present):
            wrong, right = odd[0]
            raise ProtocolError(
                f"a list names the sequence {wrong!r}, which is not there: did you mean {right!r}? {len(odd)} of "
                f"{len(keys)} are written otherwise than in the data; zeros, spaces and capitals count"
            )
        keep &= np.array([r.key in keys or long_name(r) in keys for r in records], bool)
    if selection.labelled is not None:
        keep &= np.array([(r.subject is not None) is selection.labelled for r in records], bool)
    return keep


def absent_notes(protocol: Protocol, records: Sequence[SequenceRecord]) -> list[str]:
    """Half sentences about sequences that a protocol lists and that are not among these records; none where all are."""
    present = {name for r in records for name in (r.key, long_name(r))}
    named: list[tuple[str, Selection | None]] = [("the gallery", protocol.gallery)]
    for name, probes in protocol.probes.items():
        named += [(f"the probe selection {name}", probes), (f"the gallery of {name}", probes.gallery)]
    notes = []
    for what, selection in named:
        keys = () if selection is None else selection.keys
        if absent := [key for key in dict.fromkeys(keys) if key not in present]:
            first = ", ".join(absent[:3]) + (", ..." if len(absent) > 3 else "")
            notes.append(
                f"The list of {what} names {len(absent)} of its {len(set(keys))} sequences that are not among those "
                f"measured ({first}): they take no part"
            )
    return notes


def long_name(record: SequenceRecord) -> str:
    """`<subject>-<condition>-<view>`, as partition files name single sequences."""
    return f"{record.subject}-{record.condition}-{record.view}"


def short_view(protocol: Protocol, view: str) -> str:
    """The part of a view's name that counts in this protocol."""
    return view.split(protocol.view_mark)[0] if protocol.view_mark else view


def check_unique(protocol: Protocol, records: Sequence[SequenceRecord]) -> None:
    """Raise ProtocolError where two sequences share a key."""
    seen: set[str] = set()
    for record in records:
        if record.key in seen:
            raise ProtocolError(
                f"protocol {protocol.name}: two sequences have the key {record.key!r}; each needs its own: embed again"
            )
        seen.add(record.key)


def _present(protocol: Protocol, records: Sequence[SequenceRecord]) -> Bool[np.ndarray, " N"]:
    views = [short_view(protocol, r.view) for r in records]
    if not protocol.leave_out_views:
        return np.ones(len(records), bool)
    return ~_fit(views, protocol.leave_out_views)


def _criteria(selection: Selection, records: Sequence[SequenceRecord]) -> list[tuple[list[str], tuple[str, ...]]]:
    columns = [
        ([r.condition for r in records], selection.conditions),
        ([r.view for r in records], selection.views),
        (["" if r.subject is None else r.subject for r in records], selection.subjects),
    ]
    return [(names, patterns) for names, patterns in columns if patterns]


def _fit(names: Sequence[str], patterns: Sequence[str]) -> Bool[np.ndarray, " N"]:
    """Tell which names fit a pattern; every distinct name is compared once."""
    # the empty name is "no subject", which fits no pattern, not even `*`
    fitting = {name for name in set(names) if name and any(fnmatchcase(name, p) for p in patterns)}
    return np.array([name in fitting for name in names], bool)


def _require_some(
    keep: Bool[np.ndarray, " N"],
    what: str,
    protocol: Protocol,
    selection: Selection,
    records: Sequence[SequenceRecord],
    present: Bool[np.ndarray, " N"],
) -> None:
    if not keep.any():
        why = _missing(selection, [r for r, p in zip(records, present, strict=True) if p])
        raise ProtocolError(f"{what} of protocol {protocol.name} is empty: {why}")


def _missing(selection: Selection, records: Sequence[SequenceRecord]) -> str:
    """Say which criterion nothing meets, and what is there instead."""
    if not records:
        return "there are no sequences, or all are of views that the protocol leaves out"
    criteria = []
    for word, patterns, found in (
        ("condition", selection.conditions, {r.condition for r in records}),
        ("view", selection.views, {r.view for r in records}),
        ("subject", selection.subjects, {r.subject for r in records if r.subject is not None}),
    ):
        if patterns and not any(fnmatchcase(name, p) for name in found for p in patterns):
            return (
                f"no sequence has {word} {_either(patterns)}; found {word}s {_listed(sorted(found, key=natural_order))}"
            )
        if patterns:
            criteria.append(f"{word} {_either(patterns)}")
    if selection.keys:
        example = records[0]
        criteria.append(f"one of {len(selection.keys)} keys ({selection.keys[0]}, ...)")
        if not any(matches(Selection(keys=selection.keys), records)):
            return f"no sequence has {criteria[-1]}; keys here look like {example.key} or {long_name(example)}"
    if selection.labelled is not None:
        criteria.append("a subject" if selection.labelled else "an unknown subject")
    if selection.others and not isinstance(selection, ProbeSelection):
        criteria.append("stays when the probes are taken")
    return "no sequence " + " and ".join(w if w.startswith("stays") else f"has {w}" for w in criteria)


def _either(patterns: Sequence[str]) -> str:
    shown = list(patterns[:8])
    if len(patterns) > len(shown):
        return ", ".join(shown) + f" or {len(patterns) - len(shown)} others"
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12]) or "none"
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
