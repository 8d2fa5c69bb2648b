"""Options of the commands that read a data set as people have it."""

import click

from gaitprint.cli.completion import components, offer
from gaitprint.cli.kinds import PROCESSES

dataset_option = click.option(
    "--dataset",
    shell_complete=offer(lambda: ["auto", *components("dataset")()]),
    default="auto",
    show_default=True,
    metavar="NAME",
    help="The layout of the folders, see `gaitprint data list`; auto tries the published ones.",
)
layout_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the layout, such as pattern={subject}/{view}, or partition=FILE.json. Repeatable.",
)
workers_option = click.option(
    "--workers",
    default=0,
    show_default=True,
    type=PROCESSES,
    metavar="COUNT",
    help="Processes that read; 0 reads in this one.",
)
