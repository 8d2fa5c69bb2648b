"""The files that competitions want: how many subjects a probe, under which header, of which protocol's probes."""

from dataclasses import dataclass
from pathlib import Path

from gaitprint.arguments import settle_fields
from gaitprint.errors import ConfigError
from gaitprint.evaluation.identification.answers import (
    GREW_RANKS,
    HEADERS,
    Answers,
    check_header,
    write_grew_answer,
    write_hid_answer,
)

_PROTOCOLS = {"hid": "hid", "grew": "grew-test"}


@dataclass(frozen=True)
class AnswerFormat:
    """One organiser's file."""

    form: str = "hid"
    """`hid` has one subject a probe, `grew` the twenty nearest."""
    header: str = HEADERS[0]
    """The second column of a HID file; the first editions wanted `subjectID`."""

    def __post_init__(self) -> None:
        settle_fields(self)
        if self.form not in _PROTOCOLS:
            raise ConfigError(f"the form of an answer file is 'hid' or 'grew', found {self.form!r}")
        check_header(self.header)
        if self.form == "grew" and self.header != HEADERS[0]:
            raise ConfigError(f"the header {self.header} is of HID files, a GREW file has its own: leave it out")

    @property
    def protocol(self) -> str:
        """The protocol that says who is probe and who gallery."""
        return _PROTOCOLS[self.form]

    @property
    def ranks(self) -> int:
        """Subjects that are named for each probe."""
        return GREW_RANKS if self.form == "grew" else 1

    def write(self, path: Path, answers: Answers) -> None:
        """Check answers of `ranks` subjects each, and write them.

        Raises:
            DataError: see `write_hid_answer` and `write_grew_answer`.
        """
        probes, known = answers.probes, answers.known
        if self.form == "grew":
            write_grew_answer(path, probes, answers.subjects, expected_probes=probes, known_ids=known)
        else:
            first = [ranked[0] for ranked in answers.subjects]
            write_hid_answer(path, probes, first, expected_probes=probes, known_ids=known, header=self.header)
