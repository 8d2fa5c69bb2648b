"""A service held open: the gallery, the keys, the waiting rooms."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from starlette.responses import Response

from gaitprint.gallery.gallery import Gallery
from gaitprint.gallery.granted import GrantedGallery
from gaitprint.gallery.records import Identification
from gaitprint.service.courier import Courier
from gaitprint.service.keys import SCOPES, Key, Keys
from gaitprint.service.lanes import Lane
from gaitprint.service.metrics import Counted, Metrics
from gaitprint.service.network import Network
from gaitprint.service.people_list import PeopleList, PeopleLists
from gaitprint.service.problems import busy
from gaitprint.service.settings import ServiceSettings
from gaitprint.service.side_file import SideFile, side_path
from gaitprint.service.walks import WalkReader
from gaitprint.service.webhooks import Webhooks

T = TypeVar("T")
CHANGE = "Gaitprint-Change"
FIRST = "first"
"""The name of the key that is made at the first start."""


class Service:
    """What the routes work on.

    Args:
        gallery: the file of a gallery.
        settings: limits.
        model: a model file, which makes vectors of silhouettes; None: only vectors are taken.
        state: the file of keys and webhooks; None: beside the gallery.

    Raises:
        ArtefactError: no gallery there, or damaged. DataError: it cannot be read.
    """

    def __init__(
        self, gallery: Path, settings: ServiceSettings, model: Path | None = None, state: Path | None = None
    ) -> None:
        self.settings, self.place = settings, gallery
        beside = side_path(gallery, state)
        with ExitStack() as opened:
            # a connection each: whoever looks somebody up does not wait for a search
            self.gallery = opened.enter_context(Gallery.open(gallery))
            self.looking = opened.enter_context(Gallery.open(gallery))
            self.side = SideFile(beside)
            # all of them are there: from here on `close` lets go of them
            opened.pop_all()
        self.keys = Keys(self.side)
        self.searches = Lane("gallery", 1, settings.waiting)
        self.lookups = Lane("lists", 1, settings.waiting)
        self.upkeep = Lane("upkeep", 1, 2)
        self.metrics = Metrics()
        self.network = Network(model, settings.waiting, settings.batch, self.metrics.embedded)
        self.walks = WalkReader(settings, self.network)
        self._lanes = (self.walks.files, self.walks.clips, self.searches, self.lookups, self.upkeep)
        self._people = PeopleLists()
        self.webhooks = Webhooks(self.side)
        self.courier = Courier(self.webhooks, self._is_gone)
        queues: dict[str, Counted] = {lane.name: lane for lane in self._lanes}
        self.metrics.watch({**queues, "network": self.network, "webhooks": self.webhooks})
        self.stopping = False
        self._receiving = 0

    def seen_by(self, key: Key) -> GrantedGallery:
        """The gallery as a key sees it, for searches and changes."""
        return self.gallery.granted(key.cameras)

    def listed_for(self, key: Key) -> GrantedGallery:
        """The same by another connection, which waits for no search."""
        return self.looking.granted(key.cameras)

    def people(self, key: Key, removed: bool = False) -> PeopleList:
        """Whom a key sees."""
        return self._people.of(self.listed_for(key), key.cameras, removed)

    def tell(self, answers: Sequence[Identification], camera: str) -> None:
        """Put down who is told of answers, before these are given: a restart loses none."""
        hooks = self.webhooks.known()
        if not hooks or not answers:
            return
        tags = dict[int, tuple[str, ...]]()
        if any(hook.tags for hook in hooks):
            everybody = self._people.of(self.looking.granted(), None, False).people
            tags = {person.id: person.tags for person in everybody}
        told = [(h, a) for a in answers for h in hooks if h.wants(a, camera, tags.get(a.person or 0, ()))]
        if self.webhooks.queue(told, camera, time.time()):
            self.courier.wake()

    def _is_gone(self, person: int) -> bool:
        found = self.looking.granted().visible([person])
        return not found or bool(found[person].removed)

    async def change(self, key: Key, work: Callable[[GrantedGallery], T], response: Response) -> T:
        """Change something, and say in a header which line of the audit it is: `undo` takes its number.

        Args:
            key: whose view is changed.
            work: does it.
            response: gets the header.
        """

        def changed() -> tuple[T, int]:
            # one thread changes, so the last line is that of this change
            seen = self.seen_by(key)
            return work(seen), seen.last_change()

        made, line = await self.searches.run(changed)
        response.headers[CHANGE] = str(line)
        return made

    def first_key(self) -> str:
        """Make the first key, which may do everything; its text, and an empty one where there are keys already."""
        if self.keys.known():
            return ""
        return self.keys.create(FIRST, SCOPES)[1]

    @contextmanager
    def receiving(self, upload: bool) -> Iterator[None]:
        """Count a file that comes in.

        Raises:
            RefusedError: 429, so many come in already.
        """
        # on the one thread of the loop, so that counting needs no lock
        if upload and self._receiving >= self.settings.uploads:
            raise busy("as many files are being received as are taken at once")
        # given back whatever happens, also to whoever hangs up
        self._receiving += upload
        try:
            yield
        finally:
            self._receiving -= upload

    def close(self) -> None:
        """Finish what was accepted, and let go of the files."""
        self.stopping = True
        # in the order in which work goes on: from files through the network into the gallery
        self.walks.close()
        self.network.close()
        for lane in self._lanes[2:]:
            lane.close()
        for gallery in (self.gallery, self.looking):
            gallery.close()
        self.side.close()
