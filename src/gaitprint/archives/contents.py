"""Whether files are what they were: by their bytes, since sizes and times can be those of other files.

A reproducible archive gives all its members one time, `cp -p` and backups set times back, and frames of one size and
form often take the same number of bytes. So what is read is digested, and read once for both.
"""

import hashlib
from dataclasses import dataclass, field

from gaitprint.archives._forwarding import ForwardedFiles
from gaitprint.archives._names import inside

MAX_BYTES = 2**28
"""Of one file that is digested; a larger one is refused by whoever reads frames."""


@dataclass(frozen=True)
class Watched(ForwardedFiles):
    """Some files, whose bytes are digested as they are read."""

    digests: dict[str, bytes] = field(default_factory=dict)
    """Of what was read, by name."""

    def read(self, name: str, limit: int) -> bytes:
        """See `Files.read`."""
        data = super().read(name, limit)
        if not self.checksums:
            self.digests[name] = hashlib.sha256(data).digest()
        return data


def contents(files: Watched, place: str) -> str:
    """A short text that changes with any byte or name of a file, or of the files directly in a folder.

    Args:
        files: what was read of them is not read again.
        place: the name of the file or folder.

    Raises:
        DataError: it is not there, or cannot be read.
    """
    whole = files.is_folder(place)
    names = [inside(place, n) for n in files.list(place).files] if whole else [place]
    digest = hashlib.sha256()
    for name in names:
        if name not in files.digests:
            files.read(name, MAX_BYTES)
        # names are digested with the bytes: frames that change places are other frames. The digest of a file has one
        # length, so no two lists of files are digested as the same bytes
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + files.digests[name])
    return digest.hexdigest()[:16]


def full_stamp(files: Watched, place: str) -> str:
    """The stamp of a file or folder followed by its contents, where the stamp itself is not made of checksums.

    Raises:
        DataError: see `contents`.
    """
    quick = files.stamp(place)
    return quick if files.checksums else f"{quick}-{contents(files, place)}"


def as_it_was(files: Watched, place: str, stamp: str, trust_times: bool = False) -> bool:
    """Whether a file or folder is what it was when `full_stamp` gave this stamp; "" is never what anything was.

    Args:
        files: where it lies.
        place: its name.
        stamp: of then.
        trust_times: take files of the same names, sizes and times for the same, unread.

    Raises:
        DataError: see `contents`.
    """
    # hexadecimal digits hold no "-"
    quick, _, content = stamp.partition("-")
    if not stamp:
        return False
    if files.checksums or (trust_times and files.stamp(place) == quick):
        return files.stamp(place) == quick
    return bool(content) and contents(files, place) == content
