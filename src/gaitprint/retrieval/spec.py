"""A pipeline as somebody names it: transforms in their order and one scorer, with settings as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gaitprint.components import OWN_NAMES, component_names, find_component
from gaitprint.config import apply_overrides, read_toml
from gaitprint.errors import ComponentError, ConfigError, did_you_mean
from gaitprint.retrieval.contracts import Scorer

CHOSEN_BY = "chosen_by"
"""The table in settings that `tune` wrote of who chose them; no step reads it."""
_TABLES = ("transforms", "scorer")
_EXAMPLE = "cluster-expansion,k-reciprocal"


@dataclass(frozen=True)
class StepSpec:
    """A step by its name, with the settings that are not its own defaults."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_value(cls, value: Any, where: str) -> "StepSpec":
        """Read a name, or a table with a name beside the settings.

        Raises:
            ConfigError: neither.
        """
        values = {"name": value} if isinstance(value, str) else value
        if not isinstance(values, Mapping) or not isinstance(values.get("name"), str):
            raise ConfigError(f"{where} is a table with a name, such as {{name = 'euclidean'}}, found {value!r}")
        return cls(values["name"], {key: v for key, v in values.items() if key != "name"})

    def to_table(self) -> dict[str, Any]:
        """The step as a table of a settings file."""
        return {"name": self.name, **self.settings}


@dataclass(frozen=True)
class PipelineSpec:
    """Transforms and scorer by name: what a settings file or `--pipeline` says, before any step is made.

    The usual one compares whole vectors by Euclid, with nothing before it. A step's own defaults stay with the step.
    """

    transforms: tuple[StepSpec, ...] = ()
    scorer: StepSpec = StepSpec("euclidean")
    chosen_by: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The people that `tune` chose it on, as it wrote them; empty where nobody did."""

    @classmethod
    def from_table(cls, values: Any) -> "PipelineSpec":
        """Read the table of a settings file; what is left out is as usual.

        For example ``{"transforms": [{"name": "unit-length"}], "scorer": {"name": "k-reciprocal", "k1": 6}}``.

        Raises:
            ConfigError: it is no such table.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"retrieval is a table with 'transforms' and 'scorer', found {values!r}")
        for key in values:
            if key not in (*_TABLES, CHOSEN_BY):
                raise ConfigError(f"retrieval has no setting {key!r}: {did_you_mean(str(key), _TABLES)}")
        usual = cls()
        listed = values.get("transforms", ())
        if not isinstance(listed, list | tuple):
            raise ConfigError(
                f"retrieval.transforms is a list of tables such as {{name = 'unit-length'}}, found {listed!r}"
            )
        people = values.get(CHOSEN_BY, usual.chosen_by)
        if not isinstance(people, Mapping):
            raise ConfigError(f"retrieval.{CHOSEN_BY} is a table that `gaitprint eval tune` wrote, found {people!r}")
        steps = tuple(StepSpec.from_value(step, f"retrieval.transforms[{i}]") for i, step in enumerate(listed))
        scorer = usual.scorer
        if "scorer" in values:
            scorer = StepSpec.from_value(values["scorer"], "retrieval.scorer")
        return cls(steps, scorer, people)

    @classmethod
    def load(cls, path: Path) -> "PipelineSpec":
        """Read a settings file (TOML).

        Raises:
            ConfigError: the file is missing or no TOML, or its table is none of a pipeline.
        """
        return cls.from_table(read_toml(path))

    @classmethod
    def parse(cls, text: str = "", overrides: Sequence[str] = ()) -> "PipelineSpec":
        """Read what a command line says.

        >>> PipelineSpec.parse("cluster-expansion,k-reciprocal", ["k-reciprocal.k1=6"]).to_table()
        {'transforms': [{'name': 'cluster-expansion'}], 'scorer': {'name': 'k-reciprocal', 'k1': 6}}

        Args:
            text: names of steps in their order, separated by commas, the last one the scorer if it is one (or else the
                usual one is); or a file that ends in .toml; empty: as usual.
            overrides: settings such as `k-reciprocal.k1=6`; `scorer.k1=6` is the scorer's, whatever it is called.

        Raises:
            ComponentError: a name of no step. ConfigError: a damaged file, or a setting of a step that is not there.
        """
        if text.lower().endswith(".toml"):
            return cls.load(Path(text).expanduser()).overridden(overrides)
        names = [name.strip() for name in text.split(",")] if text.strip() else []
        if not all(names):
            raise ConfigError(f"a pipeline is steps separated by commas, such as {_EXAMPLE}, found {text!r}")
        *before, last = names or [cls().scorer.name]
        if step_kind(last) == "scorer":
            made = cls(tuple(map(StepSpec, before)), StepSpec(last))
        else:
            made = cls(tuple(map(StepSpec, names)))
        early = next((step.name for step in made.transforms if step_kind(step.name) == "scorer"), None)
        if early is not None:
            raise ConfigError(f"{early} is a scorer, which stands last and once, as in {_EXAMPLE}; found {text!r}")
        return made.overridden(overrides)

    def overridden(self, overrides: Sequence[str]) -> "PipelineSpec":
        """Set settings of steps, each given as `step.key=value`.

        Raises:
            ConfigError: a step that is not there or is there twice, or no such text.
        """
        steps = [*self.transforms, self.scorer]
        for override in overrides:
            place, rest = _addressed(override, steps)
            own = apply_overrides(dict(steps[place].settings), [rest])
            steps[place] = StepSpec(steps[place].name, own)
        return replace(self, transforms=tuple(steps[:-1]), scorer=steps[-1])

    def to_table(self) -> dict[str, Any]:
        """The table of a settings file that `from_table` reads the same pipeline of."""
        people = {CHOSEN_BY: dict(self.chosen_by)} if self.chosen_by else {}
        return {"transforms": [t.to_table() for t in self.transforms], "scorer": self.scorer.to_table(), **people}


def refuse_text(pipeline: object, owner: str) -> None:
    """Say how a `PipelineSpec` is made of text, where a value was given text for one.

    Raises:
        ConfigError: it is text.
    """
    if isinstance(pipeline, str):
        text = f"{pipeline!r:.100}"
        raise ConfigError(f"pipeline of {owner}() is no text, found {text}: PipelineSpec.parse({text})")


def step_names() -> list[str]:
    """The names that a pipeline may be made of: our transforms and scorers."""
    return [*component_names("transform"), *component_names("scorer")]


def step_kind(name: str) -> str:
    """Whether a name is of a transform or of a scorer."""
    if "." in name:  # another package's module, of which only what it makes says it
        component = find_component("scorer", name)
        return "scorer" if isinstance(component.make(dict(component.examples[0].settings)), Scorer) else "transform"
    for kind in ("transform", "scorer"):
        if name.replace("_", "-") in component_names(kind):
            return kind
    raise ComponentError(f"no transform or scorer is called {name!r}: {did_you_mean(name, step_names())} {OWN_NAMES}")


def _addressed(override: str, steps: Sequence[StepSpec]) -> tuple[int, str]:
    """Which step an override is of, and what of it is `key=value`."""
    address, equals, _ = override.partition("=")
    address = address.strip()
    if not equals:
        raise ConfigError(f"a setting is given as step.key=value such as k-reciprocal.k1=6, found {override!r}")
    names = [step.name.replace("_", "-") for step in steps]
    for name in sorted({*names, "scorer"}, key=len, reverse=True):  # a dotted name may begin as another does
        if address.replace("_", "-").startswith(f"{name}."):
            if names.count(name) > 1:
                raise ConfigError(f"--set {address}: the pipeline has {name} twice; set it in a file of the pipeline")
            place = names.index(name) if name in names else len(names) - 1
            return place, override.strip()[len(name) + 1 :]
    step, dot, _ = address.partition(".")
    if not dot:
        raise ConfigError(f"--set wants step.key=value such as k-reciprocal.k1=6, found {override!r}")
    raise ConfigError(f"--set {step}...: the pipeline has the steps {', '.join([*names[:-1], 'scorer', names[-1]])}")
