"""Files seen through another `Files`, and one folder of them as a source of its own."""

from dataclasses import dataclass

from gaitprint.archives._names import Listing, inside
from gaitprint.archives.opening import Files


@dataclass(frozen=True)
class ForwardedFiles:
    """Other files under the same names; see `Files`. A kind changes a name, or what is done on the way."""

    files: Files

    @property
    def where(self) -> str:
        return self.called("")

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Files.notes`."""
        return self.files.notes

    @property
    def checksums(self) -> bool:
        """See `Files.checksums`."""
        return self.files.checksums

    def called(self, name: str) -> str:
        """See `Files.called`."""
        return self.files.called(self._inner(name))

    def list(self, folder: str = "") -> Listing:
        """See `Files.list`."""
        return self.files.list(self._inner(folder))

    def is_folder(self, name: str) -> bool:
        """See `Files.is_folder`."""
        return self.files.is_folder(self._inner(name))

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`."""
        return self.files.read(self._inner(name), limit)

    def stamp(self, name: str) -> str:
        """See `Files.stamp`."""
        return self.files.stamp(self._inner(name))

    def order(self, name: str) -> int:
        """See `Files.order`."""
        return self.files.order(self._inner(name))

    def _inner(self, name: str) -> str:
        return name


@dataclass(frozen=True)
class Within(ForwardedFiles):
    """What lies under one folder of some files."""

    folder: str

    def _inner(self, name: str) -> str:
        return inside(self.folder, name) if name else self.folder
