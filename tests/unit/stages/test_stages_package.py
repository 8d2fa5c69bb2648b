"""`from gaitprint.stages import embed` gives what can be called as the command is, and loads nothing before."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest

import gaitprint as gp
from gaitprint import stages
from gaitprint.cli.app import COMMANDS

OTHERWISE = {
    "data list": "datasets",
    "model list": "networks",
    "model export": "export_model",
    "eval identify": "evaluate",
    **{f"gallery {name}": f"gallery_{name}" for name in ("enroll", "identify")},
    "gallery re-embed": "gallery_reembed",
    **{f"video {name}": f"video_{name}" for name in ("embed", "identify", "annotate", "search")},
}
"""Commands whose stage has another name."""
VERBS = {
    command: {"list": "people", "import": "import_from"}.get(name, name)
    for command in COMMANDS
    if (name := command.removeprefix("gallery ")) != command
    and name not in ("enroll", "identify", "re-embed", "compress", "capacity")
}
"""Commands that are methods of a gallery, held open by whoever calls several."""
SERVICE = {
    "serve": "server.serve",
    "service keys": "keys.Keys.known",
    "service key-add": "keys.Keys.create",
    "service key-revoke": "keys.Keys.revoke",
    "service webhooks": "webhooks.Webhooks.known",
    "service webhook-add": "webhooks.Webhooks.add",
    "service webhook-remove": "webhooks.Webhooks.remove",
}
"""Commands of a process that goes on, and of what it keeps: they are in the room of the service."""
STAGES = {c: OTHERWISE.get(c, c.split()[-1]) for c in COMMANDS if c not in VERBS and c not in SERVICE}


@pytest.mark.parametrize("name", sorted(STAGES.values()))
def test_every_command_is_a_stage_that_can_be_called(name: str) -> None:
    stage = getattr(stages, name)
    assert callable(stage)
    assert name in dir(stages)
    module = inspect.getmodule(inspect.unwrap(stage))
    assert module is not None
    assert module.__name__ == f"gaitprint.stages.{name}"
    assert inspect.signature(stage) == inspect.signature(inspect.unwrap(stage))


def test_the_other_commands_of_a_gallery_are_its_methods() -> None:
    assert [verb for verb in VERBS.values() if not callable(getattr(gp.Gallery, verb, None))] == []


def test_the_commands_of_a_service_are_in_its_room() -> None:
    for dotted in SERVICE.values():
        module, *names = dotted.split(".")
        found: object = import_module(f"gaitprint.service.{module}")
        for name in names:
            found = getattr(found, name)
        assert callable(found)
    assert {c for c in COMMANDS if c.split()[0] in ("serve", "service")} == set(SERVICE)


def test_it_does_what_the_function_does() -> None:
    from gaitprint.stages import datasets
    from gaitprint.stages.datasets import list_datasets

    assert datasets() == list_datasets()


def test_another_name_is_none() -> None:
    with pytest.raises(ImportError, match="nothing"):
        from gaitprint.stages import nothing  # noqa: F401
    assert not hasattr(stages, "_nothing")


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    code = """
import sys
import gaitprint.stages
from gaitprint.stages import doctor, prepare
loaded = {m.rpartition('.')[2] for m in sys.modules if m.startswith('gaitprint.stages.')}
sys.exit(repr(loaded) if 'torch' in sys.modules or 'train' in loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
