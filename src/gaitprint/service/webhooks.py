"""Who is told of answers: webhooks, and what is still to be sent to them, which survives a restart.

Addresses are given on the command line of the machine alone: a key over HTTP can make the service call nobody.
"""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from gaitprint.errors import AbsentError, ConfigError
from gaitprint.gallery.records import Identification
from gaitprint.gallery.times import now
from gaitprint.service.side_file import SideFile

Event = Literal["identified", "unknown"]
EVENTS: tuple[str, ...] = get_args(Event)
_PENDING = 10_000
"""Of one webhook; when more wait, the oldest are dropped."""
_LONGEST_WAIT = 3600.0
_TRIES = 30
"""With waits that double up to an hour: about a day."""
_ADD = "INSERT INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?)"
_LIST = """
SELECT id, url, events, cameras, tags, created,
    (SELECT count(*) FROM deliveries WHERE webhook = webhooks.id AND given_up = 0),
    (SELECT count(*) FROM deliveries WHERE webhook = webhooks.id AND given_up = 1),
    coalesce((SELECT said FROM deliveries WHERE webhook = webhooks.id AND said != '' ORDER BY rowid DESC LIMIT 1), '')
FROM webhooks ORDER BY rowid
"""
_DUE = """
SELECT d.id, d.webhook, d.person, d.body, d.tries, w.url, w.secret FROM deliveries d JOIN webhooks w ON w.id = d.webhook
WHERE d.given_up = 0 AND d.due <= ? ORDER BY d.due LIMIT ?
"""
_TRIM = """
DELETE FROM deliveries WHERE webhook = ? AND rowid NOT IN
    (SELECT rowid FROM deliveries WHERE webhook = ? ORDER BY rowid DESC LIMIT ?)
"""


@dataclass(frozen=True)
class Webhook:
    """Somebody who is told, without the secret."""

    id: str
    url: str
    events: tuple[str, ...]
    """`identified`, `unknown`, or both."""
    cameras: tuple[str, ...]
    """Only of these; empty: of all."""
    tags: tuple[str, ...]
    """Only of people who have all of these; of unknown ones nobody has any."""
    created: str
    pending: int = 0
    failed: int = 0
    """Given up after a day of tries."""
    last: str = ""
    """What the last failed try met."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def wants(self, answer: Identification, camera: str, tags: Collection[str]) -> bool:
        """Whether it is told of an answer.

        Args:
            answer: to a probe.
            camera: that saw it.
            tags: of the person.
        """
        event = "unknown" if answer.person is None else "identified"
        here = not self.cameras or camera in self.cameras
        return event in self.events and here and set(self.tags) <= set(tags)


@dataclass(frozen=True)
class Delivery:
    """What is to be sent."""

    id: str
    webhook: str
    person: int | None
    body: str
    tries: int
    url: str
    secret: str


class Webhooks:
    """The webhooks of a service.

    Args:
        file: where they are kept.
        first_wait: seconds until a failed message is tried again, at least; then twice as many, and so on.
    """

    def __init__(self, file: SideFile, first_wait: float = 1.0) -> None:
        self._file, self.first_wait = file, first_wait

    def add(
        self, url: str, events: Sequence[str], cameras: Sequence[str] = (), tags: Sequence[str] = ()
    ) -> tuple[Webhook, str]:
        """Tell somebody from now on; the webhook, and its secret, which is shown once.

        Raises:
            ConfigError: no address that can be told, or no such event.
        """
        # a password in an address would lie in lists and logs
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
            raise ConfigError(
                f"a webhook is an address such as https://host/path, without a password, found {url!r:.80}"
            )
        wrong = next((e for e in events if e not in EVENTS), None)
        if wrong is not None or not events:
            raise ConfigError(f"events are {' and '.join(EVENTS)}, found {wrong or 'none'!r:.40}")
        if any(not word.strip() or not word.isprintable() for word in (*cameras, *tags)):
            raise ConfigError("cameras and tags are printable words")
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        lists = [json.dumps(list(dict.fromkeys(words)), ensure_ascii=False) for words in (events, cameras, tags)]
        self._file.run(_ADD, number, url, secret, *lists, now())
        return self.known()[-1], secret

    def known(self) -> list[Webhook]:
        """All of them, in the order in which they were made."""
        made = []
        for number, url, *lists, created, pending, failed, last in self._file.rows(_LIST):
            events, cameras, tags = (tuple(json.loads(text)) for text in lists)
            made.append(Webhook(number, url, events, cameras, tags, created, pending, failed, last))
        return made

    @property
    def count(self) -> int:
        """How many messages wait."""
        [(count,)] = self._file.rows("SELECT count(*) FROM deliveries WHERE given_up = 0")
        return int(count)

    def remove(self, number: str) -> None:
        """Tell somebody no more; what was still to be sent goes, too.

        Raises:
            AbsentError: there is none of this id.
        """
        with self._file.together():
            if not self._file.rows("SELECT id FROM webhooks WHERE id = ?", number):
                raise AbsentError(f"no webhook has the id {number!r:.40}")
            self._file.rows("DELETE FROM deliveries WHERE webhook = ?", number)
            self._file.rows("DELETE FROM webhooks WHERE id = ?", number)

    def queue(self, told: Sequence[tuple[Webhook, Identification]], camera: str, due: float) -> int:
        """Put answers down to be sent; on the disk when this returns.

        Args:
            told: whom, of which answer.
            camera: that saw it.
            due: when, in seconds since 1970.
        """
        if not told:
            return 0
        with self._file.together():
            # one transaction for all: half of the news is worse than none
            for hook, answer in told:
                number = secrets.token_hex(8)
                body = json.dumps(_event(number, answer, camera), ensure_ascii=False)
                row = (number, hook.id, answer.person, body, 0, due, "", 0)
                self._file.rows("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row)
                # a receiver that is away for weeks fills no disk
                self._file.rows(_TRIM, hook.id, hook.id, _PENDING)
        return len(told)

    def due(self, moment: float, most: int) -> list[Delivery]:
        """What is to be sent by now, the oldest first."""
        return [Delivery(*row) for row in self._file.rows(_DUE, moment, most)]

    def next_due(self) -> float | None:
        """When the next one is to be sent; None: nothing waits."""
        [(moment,)] = self._file.rows("SELECT min(due) FROM deliveries WHERE given_up = 0")
        return None if moment is None else float(moment)

    def sent(self, delivery: Delivery) -> None:
        """Forget what has arrived, or is not to be sent any more."""
        self._file.run("DELETE FROM deliveries WHERE id = ?", delivery.id)

    def failed(self, delivery: Delivery, said: str, moment: float) -> None:
        """Try again later, each time twice as late; after a day give up, and forget what it said of whom."""
        tries = delivery.tries + 1
        if tries >= _TRIES:
            sql = "UPDATE deliveries SET tries = ?, said = ?, given_up = 1, body = '', person = NULL WHERE id = ?"
            self._file.run(sql, tries, said, delivery.id)
            return
        # many that failed together do not come back together
        spread = 1 + int(delivery.id[:4], 16) / 65536
        wait = min(self.first_wait * 2.0 ** (tries - 1) * spread, _LONGEST_WAIT)
        sql = "UPDATE deliveries SET tries = ?, said = ?, due = ? WHERE id = ?"
        self._file.run(sql, tries, said, moment + wait, delivery.id)

    def forget(self, people: Collection[int]) -> None:
        """Take out what is still to be sent of people who were erased."""
        with self._file.together():
            for person in people:
                self._file.rows("DELETE FROM deliveries WHERE person = ?", person)
        self._file.scrub()


def _event(number: str, answer: Identification, camera: str) -> dict[str, Any]:
    # nobody is enrolled, or nobody whom the key may see
    near = answer.candidates[0] if answer.candidates else None
    return {
        "id": number,
        "event": "unknown" if answer.person is None else "identified",
        "at": now(),
        "camera": camera,
        "probe": answer.probe,
        "key": answer.key,
        "person": answer.person,
        "name": answer.name,
        "distance": None if near is None else near.distance,
        "margin": answer.margin,
        "probability": answer.probability,
        "reason": answer.reason,
    }
