"""Whether a gallery is whole, and copies of it that are."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from gaitprint.atomic_files import check_writable, sync_folder
from gaitprint.errors import ArtefactError
from gaitprint.gallery.contract import Reader
from gaitprint.gallery.engines import open_engine
from gaitprint.gallery.erasure import finish_erasure
from gaitprint.gallery.index_file import remove_index
from gaitprint.gallery.journal import audit_problems, read_fact, state_digest
from gaitprint.gallery.kept_walks import walk_problems
from gaitprint.gallery.opened import OpenGallery
from gaitprint.gallery.probe_log import forget_expired
from gaitprint.gallery.vectors import unpack_vector


@dataclass(frozen=True)
class CheckReport:
    """What was looked at and what was found."""

    problems: tuple[str, ...]
    people: int
    samples: int
    changes: int
    """Lines of the audit."""
    audit_head: str
    """The last hash of the audit: kept elsewhere, it proves later that no line was taken off the end."""
    digest: str
    """Of all people and templates: a copy has the same."""
    done: tuple[str, ...] = ()
    """What was put in order."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {**vars(self), "problems": list(self.problems), "done": list(self.done)}


def check(gallery: OpenGallery) -> CheckReport:
    """Look at every row, checksum and line of the audit; finish what was begun; make the index anew."""
    # pages that are wrong make every other look worthless
    problems = gallery.engine.problems()
    if problems:
        return CheckReport(tuple(problems), 0, 0, 0, "", "")
    done = ["traces of what was erased were taken out"] if finish_erasure(gallery) else []
    if gone := forget_expired(gallery):
        done.append(f"{gone} probes of the log had expired and were taken out")
    report = look(gallery)
    if not report.problems and report.samples:
        # a file that was changed would be found out when it is read; here it is made anew in any case
        remove_index(gallery.engine.place)
        gallery.forget_index()
        with gallery.searching() as (reader, _, index):
            index.save(reader)
        done.append("the index was made anew")
    return CheckReport(**{**vars(report), "done": tuple(done)})


def look(gallery: OpenGallery) -> CheckReport:
    """Look at every row and checksum, and change nothing."""
    problems = gallery.engine.problems()
    with gallery.engine.reading() as reader:
        problems += _template_problems(reader) + walk_problems(reader) + audit_problems(reader)
        people = {p for (p,) in reader.rows("people", ["id"])}
        samples = reader.rows("samples", ["id", "person"])
        problems += [f"sample {s}: its person id:{p} is missing" for s, p in samples if p not in people]
        head = reader.rows("audit", ["id", "hash"], last=1)
        lines, last = head[0] if head else (0, "")
        return CheckReport(tuple(problems), len(people), len(samples), int(lines), str(last), state_digest(reader))


def _template_problems(reader: Reader) -> list[str]:
    width = 0
    if read_fact(reader, "layout"):
        width = sum(parts * channels for parts, channels in json.loads(read_fact(reader, "layout")))
    found = []
    for sample, digest in reader.rows("samples", ["id", "sha256"]):
        rows = reader.rows("templates", ["vector"], ("id", "=", sample))
        try:
            unpack_vector(rows[0][0] if rows else b"", digest, width, f"the template of sample {sample}")
        except ArtefactError as error:
            found.append(str(error))
    return found


def backup(gallery: OpenGallery, path: Path) -> CheckReport:
    """Write a whole copy while others go on, and prove that it can be used: opened, checked, equal to the last bit.

    Raises:
        ArtefactError: something is at `path`, or the copy is not sound. DataError: it cannot be written.
    """
    path = Path(path)
    if path.exists() or path.is_symlink():
        raise ArtefactError(f"{path} is there: a backup is a new file, choose another name")
    check_writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        gallery.engine.copy_to(fresh)
        # a copy that nobody opened is no backup
        report = drill(fresh)
        if report.problems:
            raise ArtefactError(f"the copy is not sound ({report.problems[0]}): run `gaitprint gallery check`")
        with fresh.open("rb") as stream:
            os.fsync(stream.fileno())
        # on the disk first, then its name
        fresh.rename(path)
        sync_folder(path.parent)
    finally:
        for left in (fresh, *(fresh.with_name(fresh.name + end) for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)
    return report


def drill(path: Path) -> CheckReport:
    """Open a copy as a gallery, and look at all of it.

    Raises:
        ArtefactError: it cannot be opened.
    """
    engine = open_engine(path)
    try:
        return look(OpenGallery(engine))
    finally:
        engine.close()
