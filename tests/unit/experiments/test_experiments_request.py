"""What is wrong with a request is said with the way out."""

import numpy as np
import pytest

from gaitprint.errors import ConfigError, ProtocolError
from gaitprint.experiments.identification import measure
from gaitprint.experiments.request import EvaluationRequest
from gaitprint.types import Embeddings, PartLayout, SequenceRecord


def test_the_usual_protocol_that_nobody_need_have_named_is_said():
    records = tuple(SequenceRecord(f"{s}/{c}", s, c, "090") for s in "abc" for c in ("day", "night"))
    data = Embeddings(np.eye(6, dtype=np.float32), records, PartLayout(((2, 3),)), "made")
    with pytest.raises(ProtocolError, match=r"found conditions day, night: casia-b is the usual protocol, name or"):
        measure(EvaluationRequest(), data)


def test_a_pipeline_as_text_is_told_what_makes_one_of_it():
    # without its __init__, which refuses text by its annotation when annotations are checked
    request = object.__new__(EvaluationRequest)
    object.__setattr__(request, "pipeline", "part-mean")
    with pytest.raises(ConfigError, match=r"no text, found 'part-mean': PipelineSpec\.parse\('part-mean'\)"):
        request.__post_init__()
