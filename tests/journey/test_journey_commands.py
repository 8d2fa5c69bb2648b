"""The whole way through the commands, as people go it."""

import json
import os
import pty
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch
from asked import asked
from warm_processes import WarmProcess, slow_gaitprint, wait_until

import gaitprint
from gaitprint.cli.app import COMMANDS, NOUNS
from gaitprint.components import find_component
from gaitprint.experiments.ablation import AblationSettings
from gaitprint.inference.embeddings_file import load_embeddings
from gaitprint.interop.weight_keys import toolkit_plan
from gaitprint.models.model_file import read_card
from gaitprint.stages.ablate import ablate
from gaitprint.stages.evaluate import evaluate
from gaitprint.store import Store
from gaitprint.training.run_logger import TIMED

PROGRAM = Path(sysconfig.get_path("scripts")) / "gaitprint"
QUIET = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
PLAIN = {"transforms": [], "scorer": {"name": "euclidean"}}
PIPELINES = {
    "plain": ([], PLAIN),
    "parts": (["--pipeline", "part-mean"], {"scorer": {"name": "part-mean"}}),
    "reranked": (
        ["--pipeline", "k-reciprocal", "--set", "k-reciprocal.k1=6", "--set", "scorer.base=part_mean"],
        {"scorer": {"name": "k-reciprocal", "k1": 6, "base": "part_mean"}},
    ),
    "expanded": (
        ["--pipeline", "unit-length,cluster-expansion", "--set", "cluster-expansion.k=3"],
        {
            "transforms": [{"name": "unit-length"}, {"name": "cluster-expansion", "k": 3}],
            "scorer": {"name": "euclidean"},
        },
    ),
}


def plain(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_every_command_explains_itself(run):
    top = run("--help")
    assert top.code == 0
    assert run() == top
    for command in COMMANDS:
        assert command in top.out
        page = run(*command.split(), "-h")
        assert page.code == 0
        assert page.err == ""
        assert "--json" in page.out
        assert max(len(line) for line in page.out.splitlines()) <= 80
        if command not in ("data list", "model list"):
            assert f"gaitprint {command} " in page.out.split("Example", 1)[1], "an example"


def test_every_noun_lists_its_commands(run):
    for noun in NOUNS:
        page = run(noun.name)
        assert page.code == 0
        assert page == run(noun.name, "--help")
        assert [f"{noun.name} {line.split()[0]}" for line in page.out.split("Commands:\n")[1].splitlines()] == [
            command for command in COMMANDS if command.startswith(f"{noun.name} ")
        ]


def test_a_store_is_what_was_said(world, run):
    said, store = world.said["store"], Store.open(world.store)
    assert (said["dataset"], said["subjects"], said["sequences"]) == ("synthetic", 16, 128)
    assert said["fingerprint"] == store.fingerprint
    assert said["frames"] == sum(store.lengths) == 128 * 8
    found = run("data", "doctor", world.store, "--json").json()
    assert found["sound"]
    assert (found["kind"], found["sequences"]) == ("store", 128)
    assert found["fingerprint"] == store.fingerprint
    text = run("data", "doctor", world.store)
    assert "nothing found wrong" in text.out
    assert store.fingerprint in text.out


@pytest.mark.parametrize("name", ["gaitgl", "gaitmask"])
def test_a_run_leaves_what_its_help_says(world, run, tiny, name):
    said, folder = world.said[name], world.root / name
    assert said["model"] == str(world.model(name))
    assert (said["iterations"], said["subjects"], said["recipe"]) == (4, 8, f"{name}-small")
    listed = run("model", "train", "--help").out.split("Files in RUN:")[1].split("Options:")[0]
    for path in folder.iterdir():
        assert path.name in listed
    card = read_card(world.model(name))
    assert card.training["subjects"] == [f"{i:03d}" for i in range(1, 9)]
    assert card.network == name
    again = run(
        "model",
        "train",
        world.store,
        folder,
        "--recipe",
        f"{name}-small",
        "--set",
        "training.iterations=4",
        *tiny,
        "--json",
    )
    assert again.json()["final"] == said["final"], "run again, a finished run stays what it is"


def test_embeddings_are_those_of_each_network_side_by_side(world):
    left, right = (load_embeddings(world.vectors(name)) for name in ("gaitgl", "gaitmask"))
    both = load_embeddings(world.vectors("both"))
    np.testing.assert_array_equal(both.vectors, np.hstack([left.vectors, right.vectors]))
    assert both.records == left.records == right.records
    assert {r.subject for r in both.records} == {f"{i:03d}" for i in range(9, 17)}
    said = world.said["both"]
    assert (said["sequences"], said["subjects"], said["width"]) == (64, 8, 32 * 4 * 2)
    assert said["source"] == both.source


def test_embed_takes_subjects_and_sides(world, run, tmp_path):
    model = ["--model", world.model("gaitgl"), "--out", tmp_path / "e.safetensors"]
    few = run("model", "embed", world.store, *model, "--subjects", "003-004,016", "--json").json()
    assert (few["subjects"], few["sequences"]) == (3, 24)
    assert run("model", "embed", world.store, *model, "--part", "train", "--json").json()["subjects"] == 8
    everybody = run("model", "embed", world.store, *model, "--part", "all")
    assert everybody.out == f"{tmp_path / 'e.safetensors'}: 128 vectors of 128 floats\n"
    assert len(load_embeddings(tmp_path / "e.safetensors")) == 128


def test_embed_one_at_a_time_or_many_within_a_budget(world, run, tmp_path):
    ways = [["--mode", "latency"], ["--memory", "2G"], ["--memory", "1MB", "--mode", "throughput"]]
    model = ["--model", world.model("gaitgl"), "--out", tmp_path / "e.safetensors"]
    made = []
    for options in ways:
        assert run("model", "embed", world.store, *model, *options).code == 0
        made.append(load_embeddings(tmp_path / "e.safetensors").vectors)
    for vectors in made[1:]:
        np.testing.assert_allclose(vectors, made[0], rtol=0, atol=1e-6 * np.abs(made[0]).max())
    refused = run("model", "embed", world.store, *model, "--memory", "much")
    assert refused.code == 2
    assert "--memory is a size such as 512MiB or 16GB, found 'much'" in refused.err


@pytest.mark.parametrize("name", PIPELINES)
def test_evaluate_says_what_the_function_says(world, run, name):
    words, pipeline = PIPELINES[name]
    said = run("eval", "identify", world.vectors("both"), *words, "--seed", "3", "--json").json()
    assert said == plain(evaluate(world.vectors("both"), request=asked(pipeline=pipeline, seed=3)).to_dict())
    assert said["transductive"] is (name in ("reranked", "expanded"))
    text = run("eval", "identify", world.vectors("both"), *words, "--seed", "3").out
    assert "NM@R1: [" in text
    assert said["distance"] in text
    for result in said["results"]:
        line = next(line for line in text.splitlines() if line.startswith(f"{result['name']} "))
        assert f" {result['mean']:.1f} " in line


def test_a_pipeline_file_is_the_same_as_its_options(world, run, tmp_path):
    file = tmp_path / "steps.toml"
    file.write_text('[[transforms]]\nname = "unit-length"\n[scorer]\nname = "part-cosine"\n')
    from_file = run("eval", "identify", world.vectors("gaitgl"), "--pipeline", file, "--json").json()
    words = ["--pipeline", "unit-length,part-cosine", "--json"]
    assert run("eval", "identify", world.vectors("gaitgl"), *words).json() == from_file


def test_evaluate_restricts_and_writes_a_page(world, run, tmp_path):
    page = tmp_path / "new folder" / "page.html"
    words = ["--subjects", "009-014", "--conditions", "nm-01,nm-05,bg-01,cl-01", "--report", page]
    ran = run("eval", "identify", world.vectors("gaitgl"), *words, "--store", world.store)
    assert ran.code == 0, ran.err
    assert f"report: {page}" in ran.out
    html = page.read_text(encoding="utf-8")
    assert html.count("data:image/png") > 3, "silhouettes of matches"
    assert "<script" not in html
    said = run("eval", "identify", world.vectors("gaitgl"), *words, "--json").json()
    assert f"{said['mean']:.1f}" in html
    assert [p.name for p in page.parent.iterdir()] == ["page.html"]


def test_ablate_says_what_the_function_says(world, run, tmp_path):
    named = {name: world.vectors(name) for name in ("gaitgl", "gaitmask")}
    words = [f"{name}={path}" for name, path in named.items()]
    settings = ["scorer.k1=4", "scorer.k2=2", "scorer.lambda_=0.2", "cluster-expansion.k=3"]
    steps = [*(word for setting in settings for word in ("--set", setting)), "--fusion", "unit"]
    page = tmp_path / "ablation.html"
    said = run("eval", "ablate", *words, *steps, "--report", page, "--store", world.store, "--json").json()
    reranking = {"k1": 4, "k2": 2, "lambda_": 0.2}
    expected = ablate(named, settings=AblationSettings(reranking=reranking, expansion={"k": 3}, fusion="unit"))
    assert said == plain(expected.to_dict())
    assert len(said["rows"]) == 9
    html = page.read_text(encoding="utf-8")
    for row in said["rows"]:
        assert f"{row['mean']:.1f}" in html
    few = run("eval", "ablate", *words, *steps, "--method-only", "--json").json()
    assert few["rows"] == said["rows"][:4]
    text = run("eval", "ablate", *words, *steps, "--method-only").out
    for row in few["rows"]:
        line = next(line for line in text.splitlines() if line.startswith(row["label"]))
        assert f"{row['mean']:.1f}" in line
        assert line.rstrip().endswith("transductive") is row["transductive"]
    for distance in {row["distance"] for row in few["rows"]}:
        assert f"distance: {distance}" in text


def test_weights_of_the_reference_toolkit_embed_alike(world, run, tmp_path):
    made = find_component("network", "gaitgl").make(
        {"form": "casia-b", "channels": [2, 3, 4]}, classes=5, generator=torch.Generator().manual_seed(1)
    )
    plan = toolkit_plan(frozenset({"GLConvA0.global_conv3d.conv3d.weight"}))
    state = made.state_dict()
    theirs = {f"module.{k}": state[ours] for k, ours in (plan.trunk | plan.classifier).items()}
    torch.save({"model": theirs, "optimizer": {}, "iteration": 60000}, tmp_path / "GaitGL-60000.pt")
    model = tmp_path / "imported.safetensors"
    card = run("model", "convert", tmp_path / "GaitGL-60000.pt", model, "--licence", "none stated", "--json").json()
    assert card == read_card(model).to_dict()
    assert (card["network"], card["licence"], card["classes"]) == ("gaitgl", "none stated", None)
    assert any("60000" in note for note in card["training"]["notes"])
    embed = ["--model", model, "--out", tmp_path / "e.safetensors", "--subjects", "009"]
    assert run("model", "embed", world.store, *embed).code == 0
    found = load_embeddings(tmp_path / "e.safetensors")
    walk = Store.open(world.store)
    place = [r.key for r in walk.records].index(found.records[0].key)
    clip = torch.from_numpy(walk.frames(place)[:, :, 10:54].astype(np.float32) / 255)[None, None]
    with torch.inference_mode():
        wanted = made.eval()(clip).embedding.flatten().numpy()
    np.testing.assert_allclose(found.vectors[0], wanted, rtol=1e-5, atol=1e-6)


def test_lists_are_lists(run):
    names = [d["name"] for d in run("data", "list", "--json").json()]
    assert {"casia-b", "folder", "synthetic"} <= set(names)
    lines = run("data", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == names, "a row is a line in a pipe"
    assert lines == [line.rstrip() for line in lines]
    found = run("model", "list", "--json").json()
    assert [n["name"] for n in found["networks"]] == ["deepgait", "gaitbase", "gaitgl", "gaitmask", "gaitset"]
    text = run("model", "list").out
    for recipe in found["recipes"]:
        assert recipe["name"] in text


def test_a_killed_preparation_goes_on_to_the_same_bytes(world, run, walkers, tmp_path):
    store = tmp_path / "store"
    words = ["data", "prepare", "synthetic", store, *walkers]
    kill_when(words, lambda: len(lines(store / "journal.jsonl")) > 20)
    done = len(lines(store / "journal.jsonl"))
    assert 20 < done < 128, "killed in the middle"
    assert run(*words, "--json").json()["resumed"] >= 20
    assert contents(store) == contents(world.store)


def test_a_killed_training_goes_on_to_the_same_bytes(world, run, tiny, tmp_path):
    rest = ["--recipe", "gaitgl-small", "--set", "training.iterations=30", *tiny]
    words = ["model", "train", world.store, tmp_path / "killed", *rest]
    kill_when(words, lambda: (tmp_path / "killed" / "checkpoints" / "00000004.safetensors").exists())
    assert not (tmp_path / "killed" / "model.safetensors").exists(), "killed in the middle"
    assert run(*words).code == 0
    assert run("model", "train", world.store, tmp_path / "straight", *rest).code == 0
    killed, straight = contents(tmp_path / "killed"), contents(tmp_path / "straight")
    timed = {name for name in killed if name.startswith("tensorboard/")} | {"run.json", "training.png", "manifest.json"}
    others = {name for name in straight if name.startswith("tensorboard/")}
    assert killed.keys() - timed == straight.keys() - timed - others
    for name in killed.keys() - timed - {"history.jsonl"}:
        assert killed[name] == straight[name], name
    rows = [
        [{k: v for k, v in json.loads(line).items() if k not in TIMED} for line in files["history.jsonl"].splitlines()]
        for files in (killed, straight)
    ]
    assert rows[0] == rows[1]
    assert len(json.loads(killed["manifest.json"])["sessions"]) == 2


def test_the_installed_program_and_the_module_are_one():
    for start in ([str(PROGRAM)], [sys.executable, "-m", "gaitprint.cli.main"]):
        ran = subprocess.run([*start, "--version"], capture_output=True, text=True, env=QUIET, check=True)
        assert ran.stdout.startswith(f"gaitprint, version {gaitprint.__version__}\n")
        words = ["data", "partition", "nowhere", "all"]
        wrong = subprocess.run([*start, *words], capture_output=True, text=True, env=QUIET)
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert wrong.stderr.startswith("gaitprint: no store at nowhere: ")


def test_a_terminal_of_80_columns_shows_whole_lines():
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "data", "list"], stdout=theirs, stderr=theirs, env={**QUIET, "TERM": "dumb"}
    ) as ran:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # the other end is closed
        assert ran.wait() == 0
    os.close(ours)
    text = shown.decode()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "casia-b" in text


def test_a_reader_that_leaves_early_is_no_error():
    ran = subprocess.run(f"'{PROGRAM}' data list | head -n 1", shell=True, capture_output=True, text=True, env=QUIET)
    assert ran.stderr == ""
    assert ran.stdout.startswith("name ")


def test_exit_codes_and_tracebacks(world, run):
    assert run("data", "doctor", world.store).code == 0
    data, usage = ["data", "doctor", "nowhere"], ["data", "doctor", world.store, "--nonsense"]
    assert run(*data).code == 1
    assert run(*usage).code == 2
    assert "No such option" in run(*usage).err
    assert "gaitprint data doctor --help" in run(*usage).err
    assert "Traceback" not in run(*data).err
    for words in (["--debug", *data], [*data, "--debug"]):
        told = run(*words)
        assert told.code == 1
        assert "Traceback" in told.err
        assert told.err.splitlines()[-1] == run(*data).err.strip()


def test_progress_stays_off_stdout_and_is_quiet(world, run, tmp_path):
    ran = run(
        "model", "embed", world.store, "--model", world.model("gaitgl"), "--out", tmp_path / "e.safetensors", "--json"
    )
    ran.json()
    assert ran.err == "embedding: 64 of 64  gaitgl (model.safetensors)\n"


def kill_when(words, reached):
    """Start a command and kill it, hard, as soon as something is reached."""
    running = WarmProcess(slow_gaitprint, *map(str, words), environment=QUIET)
    wait_until(reached, running)
    running.send_signal(signal.SIGKILL)
    assert running.ended()[0] == -signal.SIGKILL


def lines(path):
    return path.read_bytes().splitlines() if path.exists() else []


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
