"""Who is in the weights of a network, in words: people, or walkers who are nobody."""

from gaitprint.layouts.drawn import is_drawn
from gaitprint.models.seen_subjects import SeenSubjects


def people_in(seen: SeenSubjects) -> list[str]:
    """One line for each data set that weights have seen, and one for each reason why there may be more.

    >>> from gaitprint.models.seen_subjects import Seen
    >>> people_in(SeenSubjects((Seen("trained", "synthetic", "", "", ("001", "002")),)))
    ['nobody: 2 walkers drawn in code (synthetic)']
    """
    lines = []
    for one in seen.people:
        count, chose = f"{len(one.subjects):,}", ", who chose among the weights" if one.how == "chose" else ""
        if is_drawn(one.dataset):
            lines.append(f"nobody: {count} walkers drawn in code ({one.dataset}){chose}")
        else:
            lines.append(f"{count} people of {one.dataset or 'a data set that is not named'}{chose}")
    return lines + [f"it is not known whether others are: {why}" for why in seen.unknown]
