"""What deploys Waypost matches it: ports, settings, paths."""

import configparser
import re
from typing import Any

import yaml

from shared.settings import SERVICES, Settings
from tests.shared_data import ROOT

DEPLOY = ROOT / "deploy"
PORTS = {name: Settings.model_fields["port"].default + n for n, name in enumerate(SERVICES)}


class Unit(configparser.ConfigParser):
    """Reads a unit of systemd, whose names have capitals."""

    def optionxform(self, optionstr: str) -> str:
        """Leave a name as it is."""
        return optionstr


def compose() -> dict[str, Any]:
    """Return the compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_prometheus_scrapes_every_service_where_it_listens() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"]

    assert {t["labels"]["service"]: t["targets"] for t in targets} == {
        name: [f"waypost:{port}"] for name, port in PORTS.items()
    }
    assert config["scrape_configs"][0].get("metrics_path", "/metrics") == "/metrics"


def test_the_container_opens_every_port_to_this_machine_only() -> None:
    ports = compose()["services"]["waypost"]["ports"]

    assert ports == [
        f"127.0.0.1:{min(PORTS.values())}-{max(PORTS.values())}:{min(PORTS.values())}-{max(PORTS.values())}"
    ]


def test_what_the_compose_file_names_exists() -> None:
    services = compose()["services"]

    assert (ROOT / services["waypost"]["build"]["dockerfile"]).is_file()
    mounted = [v.split(":")[0] for s in services.values() for v in s["volumes"] if v.startswith("./")]
    assert mounted
    assert all((ROOT / path).is_file() for path in mounted)


def test_what_the_image_copies_exists_and_all_that_ships_is_copied() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    copied = {path for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE) for path in line.split()}

    assert {path for path in copied if not (ROOT / path).exists()} == set()
    assert copied >= {"waypost", "services", "shared", "migrations", "requirements", "pyproject.toml"}


def test_every_setting_in_the_example_exists() -> None:
    names = set(re.findall(r"^#?WAYPOST_(\w+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))

    assert names
    assert {name.lower() for name in names} <= Settings.model_fields.keys()


def test_the_unit_of_systemd_starts_what_there_is_with_settings_that_exist() -> None:
    unit = Unit(interpolation=None)
    unit.read(DEPLOY / "waypost.service")
    service = unit["Service"]

    assert service["ExecStart"].split()[-2:] == [f"{service['WorkingDirectory']}/.venv/bin/waypost", "up"]
    assert service["Environment"].partition("=")[0].removeprefix("WAYPOST_").lower() in Settings.model_fields
    assert service["Environment"].partition("=")[2] == f"/var/lib/{service['StateDirectory']}"
