"""One promise after another is named, then tried: whatever goes wrong meanwhile breaks that promise."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitprint.components import Component, Example, find_component
from gaitprint.errors import ContractError


class _FoundError(Exception):
    """What was found instead of what was promised."""


@dataclass(frozen=True)
class Promises:
    """What a component of one kind owes, tried on one of its examples."""

    kind: str
    name: str
    component: Component
    example: Example

    @contextmanager
    def promise(self, text: str) -> Iterator[None]:
        """Turn whatever is raised within into one error that names the component, the promise and what was found.

        Raises:
            ContractError: the promise was broken.
        """
        try:
            yield
        # one promise may be tried within another: the inner one is the cause
        except ContractError:
            raise
        except _FoundError as error:
            raise self._broken(text, str(error)) from None
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise self._broken(text, f"{type(error).__name__}: {said}") from error

    def make(self, **context: Any) -> Any:
        """Build the example."""
        return self.component.make(dict(self.example.settings), f"the example of {self.name}", **context)

    def _broken(self, promise: str, found: str) -> ContractError:
        settings = f", settings {dict(self.example.settings)}" if self.example.settings else ""
        return ContractError(
            f"the {self.kind} {self.name} breaks a promise: {promise}; found {found}{settings} "
            f"(docs/extend/{self.kind}.md says what it owes)"
        )


def promises_of(kind: str, name: str) -> Iterator[Promises]:
    """One `Promises` for each example that a component declares.

    Raises:
        ComponentError: no component has that name.
    """
    component = find_component(kind, name)
    for example in component.examples:
        yield Promises(kind, name, component, example)


def expect(condition: object, found: str) -> None:
    """Within `Promises.promise`: it is broken unless `condition`, and `found` says by what."""
    if not condition:
        raise _FoundError(found)


def expect_declares(thing: object, contract: type, keys: Sequence[str]) -> None:
    """Within `Promises.promise`: it is broken unless all `keys` can be read and the rest of a `Protocol` is there."""
    # read, and not only looked for: isinstance does not call properties from Python 3.12 on
    lacks = [key for key in keys if not hasattr(thing, key)]
    expect(lacks == [], f"no {' and no '.join(lacks)}")
    expect(isinstance(thing, contract), f"a {type(thing).__name__} that is no {contract.__name__}")


def expect_near(found: Any, wanted: Any, relative: float, absolute: float, what: str) -> None:
    """Within `Promises.promise`: it is broken unless two arrays are equal within a tolerance."""
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    expect(found.shape == wanted.shape, f"{what}: shape {list(found.shape)} and not {list(wanted.shape)}")
    off = np.abs(found - wanted)
    # written so that a comparison with nan, which is false, is a difference
    near = off <= absolute + relative * np.abs(wanted)
    expect(near.all(), f"{what}: a difference of {np.nanmax(off, initial=0):.3g}")
