"""The commands: one a stage."""

import click

from gaitprint import __version__
from gaitprint.cli import (
    ablate,
    answer,
    capacity,
    compare,
    compress,
    data,
    evaluate,
    explain,
    identify,
    learn,
    partition,
    plan,
    report,
    runs,
    tune,
    verify,
)

HELP = """Recognise people by the way they walk.

\b
From nothing to figures, on synthetic walkers:
  gaitprint demo OUT
Step by step:
  gaitprint doctor SOURCE                   what is wrong with a data set
  gaitprint prepare SOURCE STORE            a data set -> one packed store
  gaitprint partition STORE FILE            who trains and who is tested in it
  gaitprint plan RECIPE                     what training will take
  gaitprint train STORE RUN                 a store -> a trained network
  gaitprint runs FOLDER                     what runs there are, and their curves
  gaitprint embed STORE --model M --out E   networks -> one vector a sequence
  gaitprint evaluate E                      vectors -> the protocol's figures
  gaitprint verify E                        error rates of pairs and of strangers
  gaitprint compare E1 E2                   what one gains over another, if it does
  gaitprint ablate A=E1 B=E2                what each step of the method brings
  gaitprint report A=E1 B=E2 --out F        one page of all that, JSON and CSV
  gaitprint tune E --out TOML               settings, chosen on training subjects
  gaitprint explain STORE --probe KEY       which strips and moments make a match
  gaitprint compress E --fit T              smaller templates, and what they cost
  gaitprint capacity --people N             what a gallery takes: bytes, time
  gaitprint answer E --out CSV              the answer file of a competition
  gaitprint export STORE OUT                the reference toolkit's folders

A command says where its files are; `gaitprint COMMAND --help` shows examples. Exit codes: 0 done, 1 refused (data,
files, names or settings), 2 a command line that cannot be read, 130 Ctrl-C, 143 SIGTERM. An error is one line on
stderr.
"""


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(help=HELP, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="gaitprint")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:  # noqa: D103 - the help text is HELP
    del debug  # `main` reads it


MEASURING = (evaluate, compare, verify, ablate, report, tune, explain)
MODULES = (data, partition, learn, plan, runs, identify, *MEASURING, compress, capacity, answer)

for command in (c for module in MODULES for c in module.COMMANDS):
    command.context_settings = CONTEXT  # said to each, for click remembers -h and --help from the first use
    app.add_command(command)
