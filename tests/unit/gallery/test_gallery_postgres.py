"""The same gallery on a server: the contract of engines on both, and kills of the primary that lose nothing."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from drawn_people import answers, calibrated, drawn
from test_gallery_durability import acknowledged, check_after, work
from warm_processes import WarmProcess, wait_until

import gaitprint as gp
from gaitprint.cli.main import main
from gaitprint.errors import ArtefactError, ConfigError, ContractError, DataError
from gaitprint.gallery.postgres import PostgresEngine
from gaitprint.gallery.postgres_address import PostgresAddress
from gaitprint.gallery.sqlite import SqliteEngine
from gaitprint.testing import check_gallery_engine
from gaitprint.testing.postgres_servers import PostgresServer, has_server

needs_server = pytest.mark.skipif(not has_server(), reason="no PostgreSQL server that may be run")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    pytest.importorskip("pg8000")
    with PostgresServer() as started:
        yield started


def test_the_embedded_engine_keeps_the_contract(tmp_path: Path) -> None:
    check_gallery_engine(lambda facts: SqliteEngine.create(tmp_path / "g", facts), lambda: SqliteEngine(tmp_path / "g"))

    class Forgetful(SqliteEngine):
        def scrub(self) -> None:
            with self.writing() as writer:
                writer.delete("people")

        def copy_to(self, path: Path) -> None:
            SqliteEngine.create(path, {}).close()

    with pytest.raises(
        ContractError, match=r"a copy is a file of the embedded engine with equal rows; found: rows differ"
    ):
        check_gallery_engine(
            lambda facts: Forgetful.create(tmp_path / "h", facts), lambda: SqliteEngine(tmp_path / "h")
        )


@needs_server
def test_the_server_keeps_the_contract(server: PostgresServer) -> None:
    place = server.address("contract")
    check_gallery_engine(lambda facts: PostgresEngine.create(place, facts), lambda: PostgresEngine(place))


@needs_server
def test_a_gallery_on_a_server_answers_as_one_in_a_file(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gaitprint.gallery.enrolment.now", lambda: "2026-11-30T12:00:00Z")
    place = server.address("staff")
    file = calibrated(tmp_path / "g", retention_days=2.0)
    gallery = calibrated(place, retention_days=2.0)  # type: ignore[arg-type]
    assert answers(gallery) == answers(file)
    assert gallery.calibration == file.calibration
    before = gallery.check()
    assert before.digest == file.check().digest
    assert before.problems == ()
    gallery.identify(drawn(range(2), range(5, 6)), camera="door")
    gallery.merge("003", "004")
    gallery.rename("001", "Änne")
    with gp.Gallery.open(place) as other:
        assert other.show("Änne")[0].id == 2
        other.undo()
        other.undo()
    assert gallery.check().digest == before.digest
    assert gallery.purge("002").done
    assert "002" not in [p.name for p in gallery.people()]
    assert gallery.backup(tmp_path / "b").problems == ()
    with gp.Gallery.open(tmp_path / "b") as copy:
        assert answers(copy) == answers(gallery)
        copy.enroll(drawn(range(30, 31)))
        assert copy.show("030")[0].id == 7, "an id is never given again"
    assert main(["gallery", "list", place]) == 0
    assert "001" in capsys.readouterr().out
    gallery.export(tmp_path / "out")
    with gp.Gallery.import_from(server.address("again"), tmp_path / "out") as again:
        assert answers(again) == answers(gallery)
    with pytest.raises(ArtefactError, match="is there: choose another schema"):
        gp.Gallery.create(place)
    with pytest.raises(ArtefactError, match="no gallery at"):
        gp.Gallery.open(server.address("nothing"))
    gallery.close()


@needs_server
def test_a_connection_that_was_lost_is_made_again(server: PostgresServer) -> None:
    gallery = calibrated(server.address("lost"))  # type: ignore[arg-type]
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gaitprint'"
    server.ask(end)
    assert gallery.rename("001", "x").name == "x"

    def half() -> None:
        with gallery._engine.writing() as writer:
            writer.insert("meta", {"id": "half", "value": "1"})
            server.ask(end)
            writer.rows("meta", ["id"])

    with pytest.raises(DataError, match=r"the connection was lost|terminating"):
        half()
    with gallery._engine.reading() as reader:
        assert reader.rows("meta", ["id"], ("id", "=", "half")) == []
    gallery.close()


def test_addresses_are_taken_apart_and_wrong_ones_are_one_line() -> None:
    found = PostgresAddress.parse("postgresql://me:p%40ss@one,two:5433/people?schema=staff&timeout=9")
    assert found.hosts == (("one", 5432), ("two", 5433))
    assert (found.user, found.password, found.database, found.schema, found.timeout) == (
        "me",
        "p@ss",
        "people",
        "staff",
        9,
    )
    assert "p@ss" not in found.shown
    assert found.shown == "postgresql://one:5432,two:5433/people?schema=staff"
    for wrong in (
        "postgresql://",
        "postgresql://h",
        "postgresql://h/d?schema=a;b",
        "postgresql://h:x/d",
        "postgresql://h/d?x=1",
    ):
        with pytest.raises(ConfigError, match="has an address such as"):
            PostgresAddress.parse(wrong)


def test_where_no_server_answers_that_is_said() -> None:
    pytest.importorskip("pg8000")
    with pytest.raises(DataError, match="no primary server answers"):
        gp.Gallery.open("postgresql://127.0.0.1:1/people")


def lose_primaries(kills: int) -> list[float]:
    """Kill the primary so often while somebody enrols, promote its standby; seconds until writes went on."""
    took, said = list[float](), dict[str, str]()
    primary = PostgresServer()
    primary.start()
    try:
        gp.Gallery.create(primary.address("kills")).close()
        for kill in range(kills):
            standby = PostgresServer(primary)
            standby.start()
            primary.follow()
            place = primary.address("kills", standby)
            with gp.Gallery.open(place) as gallery:
                gallery.people()
            running = WarmProcess(work, place, kill)
            wait_until(lambda running=running: running.out().count("enrolled") >= 5, running)
            primary.kill()
            began = time.monotonic()
            standby.promote()
            standby.ask("SELECT pg_reload_conf()")
            running.send_signal(signal.SIGKILL)
            said |= acknowledged(running.ended()[1].splitlines())
            with gp.Gallery.open(place) as gallery:
                gallery.enroll(drawn(range(10_000 * kill + 9_000, 10_000 * kill + 9_001), range(1)))
            took.append(time.monotonic() - began)
            primary.__exit__(None, None, None)
            primary = standby
        check_after(primary.address("kills"), said)  # type: ignore[arg-type]
    finally:
        with suppress(Exception):
            primary.__exit__(None, None, None)
    return took


@needs_server
def test_a_killed_primary_loses_nothing_that_was_acknowledged() -> None:
    pytest.importorskip("pg8000")
    assert len(lose_primaries(1)) == 1


@needs_server
@pytest.mark.slow
def test_twenty_killed_primaries_lose_nothing_that_was_acknowledged() -> None:
    pytest.importorskip("pg8000")
    assert max(lose_primaries(20)) <= 10
