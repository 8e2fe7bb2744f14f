"""The next start and every command find the port of the last start, unless told another."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.address import Address, write_address
from shared.settings import Settings
from waypost.commands.options import settings_for, wrong_settings
from waypost.commands.up import what_next


def test_a_start_without_a_port_takes_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYPOST_PORT", raising=False)

    assert settings_for(tmp_path).port == 8700
    write_address(tmp_path, Address(port=9100))
    assert settings_for(tmp_path).port == 9100
    assert settings_for(tmp_path, 9200).port == 9200


def test_the_next_command_names_the_folder_where_it_is_not_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert "`waypost status`" in what_next(Settings(data=tmp_path / "waypost-data"))[0]
    assert f"`waypost status --data {tmp_path / 'other'}`" in what_next(Settings(data=tmp_path / "other"))[0]


def test_wrong_settings_are_named_as_they_are_set() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(batch=0, port=70_000)

    assert [line.partition(":")[0] for line in wrong_settings(caught.value)] == ["WAYPOST_PORT", "WAYPOST_BATCH"]
