"""Libraries that only some jobs need: where one is missing, the error says what brings it."""

from importlib.util import find_spec

from gaitprint.errors import ConfigError

EXTRAS = {
    "torch": "train",
    "faiss": "faiss",
    "pandas": "pandas",
    "numba": "runtime",
    "onnx": "runtime",
    "onnxruntime": "runtime",
    "openvino": "openvino",
    "ray": "ray",
    "av": "video",
    "pg8000": "postgres",
    "cryptography": "encryption",
    "fastapi": "service",
    "uvicorn": "service",
    "prometheus_client": "service",
    "multipart": "service",
    "httpx": "service",
}
"""Modules, and the extra of this package that installs each."""
_PACKAGES = {"multipart": "python-multipart", "prometheus_client": "prometheus-client"}
"""What those are called that people install under another name."""


def require_extra(module: str) -> None:
    """Refuse to go on without a module of `EXTRAS`.

    Raises:
        ConfigError: it is not installed.
    """
    if find_spec(module) is None:
        raise ConfigError(missing_text(module))


def missing_text(module: str) -> str:
    """One line on a module of `EXTRAS` that is not there."""
    name = _PACKAGES.get(module, module)
    return f"this needs {name}, which is not installed: pip install 'gaitprint[{EXTRAS[module]}]'"
