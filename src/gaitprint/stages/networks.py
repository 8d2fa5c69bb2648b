"""`gaitprint model list`: the networks with their settings, the shipped recipes, and the shipped weights."""

import ast
import dataclasses
import inspect
import textwrap
from typing import Any

import torch

from gaitprint.components import component_names, find_component
from gaitprint.models.making import make_network
from gaitprint.models.model_file import read_card
from gaitprint.models.shipped import shipped, shipped_names
from gaitprint.training.recipe import load_recipe, recipe_names


def list_networks() -> list[dict[str, Any]]:
    """Name, number of parameters as published, and every setting with default and meaning."""
    return [_network(name) for name in component_names("network")]


def list_recipes() -> list[dict[str, Any]]:
    """Name, title, network and size of every shipped recipe."""
    found = []
    for name in recipe_names():
        recipe = load_recipe(name)
        training = recipe.training
        found.append(
            {
                "name": name,
                "title": recipe.title,
                "network": recipe.network.name,
                "iterations": training.iterations,
                "batch": [training.subjects, training.sequences, training.frames],
            }
        )
    return found


def list_weights() -> list[dict[str, Any]]:
    """Name, title, network, licence, size and SHA-256 of all shipped weights.

    Raises:
        ArtefactError: a file is damaged.
    """
    found = []
    for name in shipped_names():
        path, card = shipped(name), read_card(shipped(name))
        facts = {"title": card.title, "network": card.network, "licence": card.licence, "sha256": card.sha256}
        found.append({"name": name, **facts, "bytes": path.stat().st_size})
    return found


def setting_docs(settings: type) -> dict[str, str]:
    """The docstring under each field of a settings class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(settings)))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    docs: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            docs[field.target.id] = inspect.cleandoc(str(ast.literal_eval(below.value)))
    return docs


def _network(name: str) -> dict[str, Any]:
    component = find_component("network", name)
    docs = setting_docs(component.settings)
    network = make_network(name, {}, None, torch.Generator())
    settings = [
        {"name": f.name, "default": _plain(f.default), "help": docs.get(f.name, "")}
        for f in dataclasses.fields(component.settings)
    ]
    return {"name": name, "parameters": sum(p.numel() for p in network.parameters()), "settings": settings}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
