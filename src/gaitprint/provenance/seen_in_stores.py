"""Whom weights have seen that were trained on stores."""

from collections.abc import Sequence

from gaitprint.models.seen_subjects import How, Seen, SeenSubjects
from gaitprint.store import Store


def seen_subjects_of_stores(
    stores: Sequence[Store], names: Sequence[str], subjects: Sequence[str], how: How
) -> SeenSubjects:
    """Subjects of one store, or of several that were joined under these names.

    Args:
        stores: what was learnt from.
        names: of the stores, as `ConcatSequences` has them.
        subjects: as the joined set calls them.
        how: what they did.
    """
    if len(stores) == 1:
        ids_of_stores = [tuple(sorted(subjects))]
    else:
        # `ConcatSequences` put the set's name and a slash in front
        ids_of_stores = [tuple(sorted(s[len(n) + 1 :] for s in subjects if s.startswith(f"{n}/"))) for n in names]
    return SeenSubjects(
        tuple(
            Seen(how, store.dataset, store.fingerprint, store.head.made_from, ids)
            for store, ids in zip(stores, ids_of_stores, strict=True)
            if ids
        )
    )
