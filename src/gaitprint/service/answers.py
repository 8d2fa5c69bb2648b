"""What is asked and answered in JSON, beside the gallery's own records."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gaitprint.gallery.records import Person

# JSON numbers of browsers are whole up to here
Id = Annotated[int, Field(ge=1, le=2**53)]
"""A number of a person, a walk, a probe or a change."""
Ids = Annotated[list[Id], Field(max_length=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[list[Word], Field(max_length=100)]
Text = Annotated[str, Field(max_length=1000)]


class Asked(BaseModel):
    """A body; what it has beside its fields is refused, for it would be passed over."""

    # a misspelt field would otherwise mean its default
    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class People:
    """A page of a list of people."""

    people: list[Person]
    total: int
    """So many meet the conditions."""


@dataclass(frozen=True)
class TagCount:
    """A tag and how many have it."""

    tag: str
    people: int


@dataclass(frozen=True)
class Tags:
    """All tags."""

    tags: list[TagCount]


@dataclass(frozen=True)
class Touched:
    """Whom and which walks a verb was for."""

    people: list[int]
    samples: list[int]


@dataclass(frozen=True)
class Undone:
    """A change that was set back."""

    change: int
    verb: str


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be."""

    people: list[int]
    samples: list[int]
    probes: int
    """Of the log, that were taken for these people."""
    done: bool
    """False: nothing was changed."""


@dataclass(frozen=True)
class Checked:
    """What was looked at and what was found."""

    problems: list[str]
    people: int
    samples: int
    changes: int
    audit_head: str
    """The last hash of the audit: kept elsewhere, it proves later that no line was taken off the end."""
    digest: str
    done: list[str]


@dataclass(frozen=True)
class Said:
    """What was done with a decision, in a line."""

    said: str


@dataclass(frozen=True)
class AuditLine:
    """A line of the audit: numbers, never names."""

    change: int
    at: str
    verb: str
    details: dict[str, Any]
    undoable: bool = False


@dataclass(frozen=True)
class AuditLines:
    """A page of the audit, newest first."""

    changes: list[AuditLine]
