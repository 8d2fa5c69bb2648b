"""A gallery held open: its rows, and its index once somebody is enrolled."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from gaitprint.errors import DataError
from gaitprint.gallery.contract import Engine, Reader
from gaitprint.gallery.enrolment import check_source
from gaitprint.gallery.index import Index
from gaitprint.gallery.journal import read_fact
from gaitprint.gallery.search import Comparing
from gaitprint.retrieval.spec import PipelineSpec
from gaitprint.types import Embeddings, PartLayout


class OpenGallery:
    """What the verbs work on.

    Args:
        engine: of the gallery.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._index: tuple[Comparing, Index] | None = None

    @contextmanager
    def searching(self, probes: Embeddings | None = None) -> Iterator[tuple[Reader, Comparing, Index]]:
        """Rows as they are at one moment, and the index in step with them.

        Args:
            probes: what is to be searched for.

        Raises:
            DataError: nobody was ever enrolled. ArtefactError: another model made the probes; a damaged template.
        """
        with self.engine.reading() as reader:
            if probes is not None:
                if not len(probes):
                    raise DataError("there is no walk to search for: check what the file or the selection holds")
                check_source(reader, probes, "the probes")
            # it may have gone over to another model since
            if self._index is None or self._index[0].source != read_fact(reader, "source"):
                comparing = read_comparing(reader)
                self._index = comparing, Index(self.engine, comparing)
            comparing, index = self._index
            index.refresh(reader, comparing.layout.width)
            yield reader, comparing, index

    def forget_index(self) -> None:
        """Make the index anew when it is needed next."""
        self._index = None


def read_comparing(reader: Reader) -> Comparing:
    """How walks of a gallery are compared.

    Raises:
        DataError: nobody was ever enrolled, so no model is known.
    """
    source = read_fact(reader, "source")
    if not source:
        raise DataError("nobody is enrolled: begin with `gaitprint gallery enroll`")
    layout = PartLayout(tuple(tuple(block) for block in json.loads(read_fact(reader, "layout"))))
    spec = PipelineSpec.from_table(json.loads(read_fact(reader, "pipeline")))
    return Comparing.of(spec, layout, source)
