"""Who was seen with whom: people who stand in one frame are not one person."""

from collections.abc import Collection


class Presence:
    """Groups of tracks that were seen at the same moment."""

    def __init__(self) -> None:
        self._groups: set[frozenset[int]] = set()
        self._last: frozenset[int] = frozenset()

    def see(self, tracks: Collection[int]) -> bool:
        """Take one frame: who was really seen in it. Whether that is a new group."""
        # most frames show whom the frame before showed
        group = frozenset(tracks)
        if group == self._last or group in self._groups:
            self._last = group
            return False
        self._last = group
        if len(group) > 1:
            self._groups.add(group)
        return len(group) > 1

    @property
    def groups(self) -> tuple[frozenset[int], ...]:
        """Every group once, two tracks or more each."""
        return tuple(self._groups)

    def beside(self, track: int) -> set[int]:
        """The tracks that were seen together with one."""
        return {other for group in self._groups if track in group for other in group} - {track}

    def forget(self, track: int) -> None:
        """Leave a track out that will not come again."""
        self._last = frozenset()
        self._groups = {left for group in self._groups if len(left := group - {track}) > 1}
