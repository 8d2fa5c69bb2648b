"""`gaitprint eval report` as people type it: its figures are those of the other commands, and a browser shows it."""

import csv
import json
import shutil
import subprocess

import pytest

from gaitprint.inference.embeddings_file import load_embeddings

FIRST, WHOLE = "gaitgl, Euclid alone", "gaitgl + gaitmask, expanded, re-ranked"
STEPS = ["--pipeline", "cluster-expansion,k-reciprocal", "--set", "cluster-expansion.k=3"]
STEPS += ["--set", "scorer.k1=5", "--set", "scorer.k2=2", "--set", "scorer.lambda_=0.2"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def typed(world):
    named = [f"{name}={world.vectors(name)}" for name in ("gaitgl", "gaitmask")]
    settings = ["scorer.k1=5", "scorer.k2=2", "scorer.lambda_=0.2", "cluster-expansion.k=3"]
    return [*named, *(word for setting in settings for word in ("--set", setting)), "--seed", "5"]


@pytest.fixture(scope="module")
def out(world, run, typed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "out"
    ran = run("eval", "report", *typed, "--out", folder, "--store", world.store, "--splits", "2")
    assert ran.code == 0, ran.err
    assert f"report: {folder / 'report.html'}" in ran.out
    assert "figures: report.json, ablation.csv, cmc.csv" in ran.out
    assert "note: Synthetic walkers are not people" in ran.out
    return folder


def test_it_says_what_the_commands_say(world, run, typed, out):
    said = json.loads((out / "report.json").read_text())
    assert said["ablate"] == run("eval", "ablate", *typed, "--json").json()
    first, whole = world.vectors("gaitgl"), world.vectors("both")
    assert said["evaluate"][FIRST] == run("eval", "identify", first, "--seed", "5", "--json").json()
    assert said["evaluate"][WHOLE] == run("eval", "identify", whole, *STEPS, "--seed", "5", "--json").json()
    assert said["verify"][FIRST] == run("eval", "verify", first, "--splits", "2", "--seed", "5", "--json").json()
    assert (
        said["verify"][WHOLE] == run("eval", "verify", whole, *STEPS, "--splits", "2", "--seed", "5", "--json").json()
    )
    assert [o["embeddings"] for o in said["origins"]] == [
        world.said[f"{name}-vectors"]["source"] for name in ("gaitgl", "gaitmask")
    ]
    assert [o["data"] for o in said["origins"]] == 2 * [load_embeddings(first).settings["data"]]


def test_page_and_csv_say_it_too(run, typed, out):
    said = run("eval", "ablate", *typed, "--json").json()
    page = (out / "report.html").read_text(encoding="utf-8")
    with (out / "ablation.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["probe_set"] == "all"]
    for row, line in zip(said["rows"], rows, strict=True):
        low, high = row["interval"]
        figure = f"<b>{row['mean']:.1f}</b><small>{low:.1f}–{high:.1f}</small>"  # noqa: RUF001
        assert figure in page
        assert float(line["rank1_percent"]) == row["mean"]
    assert "synthetic walkers, not people" in page


def test_json_names_the_files_and_the_same_report_is_written_anew(run, typed, out, world):
    words = ["eval", "report", *typed, "--out", out, "--splits", "2"]
    again = run(*words, "--json").json()
    assert again["files"][0] == str(out / "report.html")
    assert "--store STORE" in (out / "report.html").read_text(encoding="utf-8")
    assert run(*words, "--store", world.store).code == 0
    other = run(*words, "--set", "scorer.k1=4")
    assert other.code == 1
    assert "a report of other vectors or settings: choose a new folder or remove it" in other.err


def test_a_browser_shows_it_without_a_word_on_its_console(out, tmp_path):
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"no browser to look with: none of {', '.join(BROWSERS)} is installed")
    words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--enable-logging=stderr"]
    words += ["--v=0", "--window-size=1280,900", "--timeout=120000", "--dump-dom"]
    if subprocess.run([browser, *words, "about:blank"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{browser} does not start here, not even for an empty page")
    page = out / "report.html"
    ran = subprocess.run([browser, *words, page.as_uri()], capture_output=True, check=True)
    shown = ran.stdout.decode()
    assert "CONSOLE" not in ran.stderr.decode(errors="replace")
    assert "</html>" in shown
    for title in ("Ablation, rank-1 in %", "Detection error trade-off, all probes", f"The worst mistakes of {WHOLE}"):
        assert title in shown
