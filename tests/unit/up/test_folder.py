"""The data folder and its keys, without any process."""

import stat
from contextlib import closing
from pathlib import Path

import pytest

from services.ingest.store.keys import KeyStore
from shared.auth import KeyRing, read_local_keys
from shared.clock import WallClock, read_clock
from shared.database import connect
from shared.settings import Settings
from tests.servers.keys import revoke
from waypost.folder import UnusableError, make_folder, prepare


def settings(folder: Path, write_key: str = "", api_token: str = "") -> Settings:
    return Settings(data=folder, write_key=write_key, api_token=api_token)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path / "data")
    return tmp_path / "data"


def test_the_folder_and_the_keys_are_for_their_owner_alone(folder: Path) -> None:
    prepare(settings(folder))

    assert mode(folder) == 0o700
    assert mode(folder / "keys.json") == 0o600
    assert mode(folder / "key_hashes.json") == 0o600


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)

    make_folder(tmp_path)

    assert mode(tmp_path) == 0o750


def test_a_file_in_the_place_of_the_folder_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(UnusableError, match="is a file: choose a folder with --data"):
        make_folder(tmp_path / "data")


def test_a_folder_that_cannot_be_made_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnusableError, match="choose another with --data"):
        make_folder(tmp_path / "file" / "data")


def test_the_first_start_makes_one_key_that_writes_and_one_that_does_the_rest(folder: Path) -> None:
    prepared = prepare(settings(folder))

    ring = KeyRing(folder)
    write, token = ring.find(prepared.keys.write_key), ring.find(prepared.keys.api_token)
    assert prepared.fresh
    assert write is not None
    assert (write.tenant, write.scope) == ("default", "write")
    assert token is not None
    assert (token.tenant, token.scope) == ("default", "admin")
    assert read_local_keys(folder) == prepared.keys
    assert prepared.keys.webhook_secret.startswith("whsec_")


def test_a_later_start_finds_the_same_keys_and_says_that_they_are_not_new(folder: Path) -> None:
    first = prepare(settings(folder))
    second = prepare(settings(folder))

    assert second.keys == first.keys
    assert not second.fresh
    with KeyStore(folder / "ingest.db") as store:
        assert len(store.rows()) == 2


def test_a_start_cut_off_after_the_keys_were_written_is_healed_by_the_next(folder: Path) -> None:
    first = prepare(settings(folder))
    (folder / "ingest.db").unlink()
    (folder / "key_hashes.json").unlink()

    second = prepare(settings(folder))

    assert second.keys == first.keys
    assert KeyRing(folder).find(first.keys.write_key) is not None


def test_the_environment_sets_the_keys_at_any_start_and_the_earlier_ones_go_on(folder: Path) -> None:
    first = prepare(settings(folder))
    second = prepare(settings(folder, "wk_chosen_by_somebody", "at_chosen_by_somebody"))
    third = prepare(settings(folder))

    assert (second.keys.write_key, second.keys.api_token) == ("wk_chosen_by_somebody", "at_chosen_by_somebody")
    assert second.fresh
    assert third.keys == second.keys
    ring = KeyRing(folder)
    assert ring.find(first.keys.write_key) is not None
    assert ring.find("wk_chosen_by_somebody") is not None


def test_a_revoked_key_is_replaced_by_a_fresh_one_at_the_next_start(folder: Path) -> None:
    first = prepare(settings(folder))
    with KeyStore(folder / "ingest.db") as store:
        revoke(store, first.keys.api_token)

    second = prepare(settings(folder))

    assert second.fresh
    assert second.keys.write_key == first.keys.write_key
    assert KeyRing(folder).find(first.keys.api_token) is None
    assert KeyRing(folder).find(second.keys.api_token) is not None


@pytest.mark.parametrize(
    ("write", "token", "said"),
    [
        ("short", "", "WAYPOST_WRITE_KEY must have 16 to 200"),
        ("", "x" * 201, "WAYPOST_API_TOKEN must have 16 to 200"),
        ("with a space in the key", "", "visible ASCII"),
        ("", "schlüssel-mit-umlaut", "visible ASCII"),
        ("one_key_for_everything", "one_key_for_everything", "must differ"),
    ],
)
def test_a_key_of_the_environment_that_cannot_be_used_is_refused(
    folder: Path, write: str, token: str, said: str
) -> None:
    with pytest.raises(UnusableError, match=said):
        prepare(settings(folder, write, token))


def test_a_key_that_was_revoked_cannot_be_set_again(folder: Path) -> None:
    prepare(settings(folder, "wk_chosen_by_somebody"))
    with KeyStore(folder / "ingest.db") as store:
        revoke(store, "wk_chosen_by_somebody")

    with pytest.raises(UnusableError, match="was revoked"):
        prepare(settings(folder, "wk_chosen_by_somebody"))


def test_keys_that_cannot_be_read_are_named_and_not_replaced(folder: Path) -> None:
    prepare(settings(folder))
    (folder / "keys.json").write_text("{")

    with pytest.raises(UnusableError, match=r"keys\.json cannot be read .*remove it and get fresh keys"):
        prepare(settings(folder))
    assert (folder / "keys.json").read_text() == "{"


def test_a_damaged_database_is_named(folder: Path) -> None:
    (folder / "ingest.db").write_bytes(b"this is no database at all, but long enough to look at" * 100)

    with pytest.raises(UnusableError, match=r"a database in .* cannot be used"):
        prepare(settings(folder))


def test_a_folder_of_a_newer_version_is_refused(folder: Path) -> None:
    prepare(settings(folder))
    with closing(connect(folder / "alerts.db")) as db:
        db.execute("UPDATE alembic_version SET version_num = 'of_tomorrow'")

    with pytest.raises(UnusableError, match=r"not of this version of Waypost .*of_tomorrow"):
        prepare(settings(folder))


def test_the_clock_is_written_once(folder: Path) -> None:
    prepare(settings(folder), WallClock(anchor=5, start=7, speed=86400.0))
    prepare(settings(folder), WallClock(anchor=9, start=9, speed=1.0))

    assert read_clock(folder) == WallClock(anchor=5, start=7, speed=86400.0)


def test_a_clock_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "clock.json").write_text("{")

    with pytest.raises(UnusableError, match=r"clock\.json cannot be read .*remove it to go by the machine's time"):
        prepare(settings(folder))
