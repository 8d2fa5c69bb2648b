"""The program: its commands, grouped by noun."""

import click

from gaitprint.cli import bench, demo, serve
from gaitprint.cli.data import doctor, export, partition, prepare
from gaitprint.cli.data import list as data_list
from gaitprint.cli.eval import ablate, compare, explain, identify, report, submit, tune, verify
from gaitprint.cli.gallery import asking, capacity, compress, enrolling, keeping, people, reembed
from gaitprint.cli.model import adapt, convert, embed, plan, runs, show, train
from gaitprint.cli.model import export as model_export
from gaitprint.cli.model import list as model_list
from gaitprint.cli.nouns import CONTEXT, Noun, Program, leaves, log_options
from gaitprint.cli.service import keys, webhooks
from gaitprint.cli.video import annotate, extract, search
from gaitprint.cli.video import embed as video_embed
from gaitprint.cli.video import identify as video_identify

HELP = """Recognise people by the way they walk.

From nothing to figures, on synthetic walkers: `gaitprint demo OUT`. A command says where its files are; `gaitprint NOUN
COMMAND --help` shows examples. Exit codes: 0 done, 1 refused (data, files, names or settings), 2 a command line that
cannot be read, 130 Ctrl-C, 143 SIGTERM. An error is one line on stderr.
"""

NOUNS = (
    Noun(
        "data",
        "Data sets of silhouettes, and stores made of them",
        (doctor.doctor, prepare.prepare, partition.partition, export.export, data_list.datasets),
    ),
    Noun(
        "model",
        "Networks, and the vectors they make of a store",
        (
            plan.plan,
            train.train,
            runs.runs,
            convert.convert,
            adapt.adapt,
            embed.embed,
            model_export.export,
            show.show,
            model_list.networks,
        ),
    ),
    Noun(
        "eval",
        "What vectors are worth under a protocol",
        (
            identify.identify,
            verify.verify,
            compare.compare,
            ablate.ablate,
            report.report,
            tune.tune,
            explain.explain,
            submit.submit,
        ),
    ),
    Noun(
        "gallery",
        "People who are enrolled: kept, found, corrected, forgotten",
        (
            enrolling.create,
            enrolling.enroll,
            enrolling.calibrate,
            asking.identify,
            asking.verify,
            asking.log,
            people.people,
            people.show,
            people.rename,
            people.tag,
            people.merge,
            people.split,
            people.move,
            people.confirm,
            people.reject,
            keeping.remove,
            keeping.restore,
            keeping.undo,
            keeping.purge,
            keeping.check,
            keeping.backup,
            keeping.export,
            keeping.import_,
            reembed.reembed,
            compress.compress,
            capacity.capacity,
        ),
    ),
    Noun(
        "video",
        "From videos to silhouettes and names",
        (extract.extract, video_embed.embed, video_identify.identify, annotate.annotate, search.search),
    ),
    Noun(
        "service",
        "Who may ask `gaitprint serve`",
        (keys.keys, keys.key_add, keys.key_revoke, webhooks.webhooks, webhooks.webhook_add, webhooks.webhook_remove),
    ),
)

app = Program("gaitprint", "Recognise people by the way they walk", (demo.demo, *NOUNS, serve.serve, bench.bench))
app.help = HELP


def _say_version(context: click.Context) -> None:
    from gaitprint.cli._version import version_lines

    click.echo("\n".join(version_lines()))
    context.exit()


app.params += [
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=lambda context, _p, asked: _say_version(context) if asked else None,
        help="Show the version, and what a report of a fault should hold: Python, libraries, processor, precision.",
    ),
    # read by `main`
    click.Option(["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error."),
    *log_options(),
]
COMMANDS = leaves(app)
"""Every command by its words, such as `data prepare`."""
for command in COMMANDS.values():
    command.context_settings = CONTEXT  # said to each, for click remembers -h and --help from the first use
    command.params += log_options()
