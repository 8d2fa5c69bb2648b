"""The commands of a service, and what a container runs."""

import json
import os
import signal
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from drawn_people import calibrated, drawn

import gaitprint as gp
from gaitprint import extras
from gaitprint.cli.main import main
from gaitprint.service.app import create_app
from gaitprint.service.server import Address, serve, serving
from gaitprint.service.settings import ServiceSettings
from gaitprint.testing.postgres_servers import PostgresServer, has_server

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., str]


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    calibrated_copy: Callable[..., Path],
) -> Run:
    monkeypatch.chdir(tmp_path)
    calibrated_copy(tmp_path / "g")

    def said(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main([*words]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err

    return said


def test_keys_are_made_listed_and_revoked(run: Run) -> None:
    made = json.loads(run("service", "key-add", "g", "door", "--scope", "search", "--camera", "door", "--json"))
    assert made["key"].startswith(f"gp_{made['id']}_")
    assert run("service", "key-add", "g", "boss", "--scope", "admin").startswith("key, shown this once: gp_")
    listed = run("service", "keys", "g")
    assert "door" in listed
    assert made["key"] not in listed
    assert run("service", "key-revoke", "g", made["id"]) == "revoked\n"
    keys = json.loads(run("service", "keys", "g", "--json"))
    assert [(k["name"], k["cameras"], bool(k["revoked"])) for k in keys] == [
        ("door", ["door"], True),
        ("boss", None, False),
    ]
    assert "last key" in run("service", "key-revoke", "g", keys[1]["id"], code=1)
    assert "no key in use" in run("service", "key-revoke", "g", "x", code=1)
    assert "no gallery at" in run("service", "keys", "nothing", code=1)
    assert "printable letters" in run("service", "key-add", "g", " ", "--scope", "read", code=1)
    assert "cameras of a key" in run("service", "key-add", "g", "a", "--scope", "read", "--camera", "\n", code=1)
    Path("g.service").write_bytes(b"something else, and long enough to be no database at all")
    assert "another file" in run("service", "keys", "g", code=1)


def test_webhooks_are_made_listed_and_removed(run: Run) -> None:
    words = ("webhook-add", "g", "https://host/path", "--event", "unknown", "--camera", "door", "--tag", "staff")
    made = json.loads(run("service", *words, "--json"))
    assert (made["events"], made["cameras"], made["tags"]) == (["unknown"], ["door"], ["staff"])
    assert made["secret"] not in run("service", "webhooks", "g")
    assert "its secret, shown this once" in run("service", "webhook-add", "g", "http://host/")
    assert [w["events"] for w in json.loads(run("service", "webhooks", "g", "--json"))][1] == ["identified", "unknown"]
    assert run("service", "webhook-remove", "g", made["id"]) == "removed\n"
    assert "no webhook" in run("service", "webhook-remove", "g", made["id"], code=1)
    assert "an address such as" in run("service", "webhook-add", "g", "host", code=1)


def test_what_cannot_be_served_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no gallery at" in run("serve", "nothing", "--port", "0", "--vectors-only", code=1)
    assert "no setting 'upload'" in run("serve", "g", "--set", "upload=3", code=1)
    assert "between 0 and 65535" in run("serve", "g", "--port", "70000", code=1)
    assert "give both" in run("serve", "g", "--certificate", "x", code=1)
    with Address(port=0).listen() as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "cannot be listened on" in run("serve", "g", "--port", port, "--vectors-only", code=1)
    monkeypatch.setattr(extras, "find_spec", lambda module: None)
    missing = run("serve", "g", code=1)
    assert missing == "gaitprint: this needs fastapi, which is not installed: pip install 'gaitprint[service]'\n"


@pytest.mark.skipif(not has_server(), reason="no PostgreSQL server that may be run")
def test_a_gallery_on_a_server_is_served(tmp_path: Path) -> None:
    with PostgresServer() as server:
        address = server.address("people")
        with gp.Gallery.create(address) as gallery:
            gallery.enroll(drawn(range(3)))
        with pytest.raises(gp.GaitprintError, match="give --state FILE"):
            create_app(address)
        app = create_app(address, state=tmp_path / "state")
        service = app.state.service
        key = service.keys.opened_by(f"Bearer {service.first_key()}")
        assert [p.name for p in service.people(key).people] == ["000", "001", "002"]
        assert service.seen_by(key).rename(1, "Anna").name == "Anna"
        assert service.people(key).people[0].name == "Anna"
        service.close()


def test_it_is_reached_by_tls(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    calibrated(tmp_path / "g").close()
    cert, private = certificate
    address = Address("127.0.0.1", 0, cert, private)
    with serving(tmp_path / "g", address=address) as (url, key):
        assert url.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(base_url=url, verify=trusted, headers={"Authorization": f"Bearer {key}"}) as client:
            assert client.get("/v1/people").json()["total"] == 6


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, by itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(day - timedelta(1))
        .not_valid_after(day + timedelta(2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(private, hashes.SHA256())
    )
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_addresses_are_such_as_browsers_take() -> None:
    assert Address("::1").url(5) == "http://[::1]:5"
    assert Address("0.0.0.0").url(5) == "http://localhost:5"
    assert Address("host", 5, Path("c"), Path("k")).url(5) == "https://host:5"
    assert [Address(h).local for h in ("::1", "localhost", "0.0.0.0")] == [True, True, False]


def test_what_is_served_is_said_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    monkeypatch.setattr("gaitprint.service.server.GracefulServer.run", lambda self, sockets: None)
    for _ in range(2):
        serve(Path("g"), Address(port=0), ServiceSettings(), say=lambda url, key: said.append((url, key)))
    assert [bool(key) for _, key in said] == [True, False]
    first = run("serve", "g", "--port", "0", "--host", "0.0.0.0", "--vectors-only")
    assert first.startswith("serving g at http://localhost:")
    assert first.endswith("stopped: what was accepted is done\n")


def test_a_container_makes_its_gallery_and_stops_when_asked(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "gaitprint"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m gaitprint "$@"\n')
    program.chmod(0o755)
    place = tmp_path / "people.gallery"
    environment = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "GAITPRINT_GALLERY": str(place),
        "GAITPRINT_HOST": "127.0.0.1",
        "GAITPRINT_PORT": "0",
    }
    words = ["sh", str(ROOT / "deploy" / "start.sh"), "--vectors-only", "--json"]
    for first in (True, False):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2 if first else 1)]
        said = json.loads(lines[-1])
        assert bool(said["key"]) == first
        assert httpx.get(f"{said['url']}/health/ready", timeout=60).json() == {"status": "ok"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        process.stdout.close()
    assert place.is_file()


def test_the_container_is_of_this_project() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["gaitprint"]
    assert all(port.startswith("127.0.0.1:") for port in compose["ports"])
    assert (compose["read_only"], compose["cap_drop"]) == (True, ["ALL"])
    recipe = (ROOT / "deploy" / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = recipe.partition("'.[")[2].partition("]'")[0].split(",")
    assert set(asked) <= set(project["optional-dependencies"])
    assert "USER gaitprint" in recipe
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sent = [line.split()[1:-1] for line in recipe.splitlines() if line.startswith("COPY ") and "--from" not in line]
    assert {name for names in sent for name in names} == admitted, "what is copied is what is let in"
    assert all((ROOT / name).exists() for name in admitted)
