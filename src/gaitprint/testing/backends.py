"""What every back end promises, whoever wrote it."""

import numpy as np

from gaitprint.backends import Backend, Session
from gaitprint.deploy.form import DeployForm
from gaitprint.errors import ShapeError
from gaitprint.testing.deploy_forms import run_form, small_form, small_residual_form
from gaitprint.testing.promises import Promises, expect, expect_declares, promises_of

TOLERANCE = 1e-4
"""Of the largest value."""


def check_backend(name: str) -> None:
    """Try all that a back end owes; see `gaitprint.backends.Backend`.

    Args:
        name: of a back end of ours, or the dotted path of a module elsewhere that ends with `component = ...`.

    Raises:
        ContractError: a promise is broken; it says which.
        ComponentError: no back end has that name.
    """
    for about in promises_of("backend", name):
        with about.promise("it is built as Backend(settings), with settings and open"):
            backend = about.make()
            expect_declares(backend, Backend, ("settings",))
        forms = ((1, small_form(1, biased=False)), (2, small_form(2, biased=True)))
        for threads, form in (*forms, (1, small_residual_form(1)), (2, small_residual_form(2))):
            with about.promise("it opens any form, with any number of threads, and answers a session"):
                session = backend.open(form, threads)
                expect(isinstance(session, Session), f"a {type(session).__name__} that cannot be called")
            for frames in (1, 2, 3, 4, 7, 13):
                _check_clips(about, session, form, frames)
            with about.promise("clips that do not fit the form raise gaitprint.errors.ShapeError"):
                expect(_refuses(session, np.zeros((1, 4, 15, 10), np.float32)), "15 rows taken where 16 are wanted")


def _check_clips(about: Promises, session: Session, form: DeployForm, frames: int) -> None:
    rng = np.random.default_rng(frames)
    clips = rng.random((3, frames, 16, 10)).astype(np.float32)
    before, wanted = clips.copy(), run_form(form, clips)
    with about.promise("clips of any length, one or several, give float32 features within 1e-4 of the largest value"):
        for some in (slice(0, 3), slice(1, 2)):
            made = session(clips[some])
            expect(made.dtype == np.float32 and made.shape == wanted[some].shape, f"{made.dtype} {list(made.shape)}")
            error = float(np.abs(made - wanted[some]).max() / np.abs(wanted).max())
            expect(error <= TOLERANCE, f"{error:.1e} from the form, of {frames} frames")
    with about.promise("clips stay as they are, and equal clips give equal bytes"):
        expect(np.array_equal(clips, before), "others")
        expect(session(clips).tobytes() == session(clips).tobytes(), "other bytes the second time")


def _refuses(session: Session, clips: np.ndarray) -> bool:
    try:
        session(clips)
    except ShapeError:
        return True
    return False
