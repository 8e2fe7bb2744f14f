"""Settings: read once at start from WAYPOST_… variables, each documented in docs/settings.md (a test checks)."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MOST_DAYS = 36_500  # a hundred years: times so far from now can still be written
MOST_MB = 1 << 40  # an exabyte
WEB = re.compile(r"https?://[^\s<>|\"]+")
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


class Settings(BaseSettings):
    """What differs between installations. Nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="WAYPOST_", frozen=True)

    data: Path = Field(Path("waypost-data"), description="folder that holds everything stored")
    host: str = Field("127.0.0.1", description="address that the services listen on")
    port: int = Field(8700, ge=1, le=65532, description="console; ingest, journey and alerts take the next three")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    write_key: str = Field("", description="write key that `waypost up` installs instead of a random one")
    api_token: str = Field("", description="API token that `waypost up` installs instead of a random one")
    lateness_s: float = Field(
        3600.0,
        ge=0,
        le=MOST_DAYS * 86_400,
        description="domain seconds that a touchpoint may be late before absence is judged",
    )
    historical_days: float = Field(
        7.0, ge=0, le=MOST_DAYS, description="a stall learned of this many days after its due time raises no alarm"
    )
    heartbeat_s: float = Field(
        1.0, ge=0.001, le=3600, description="machine seconds between two heartbeats of an idle consumer"
    )
    batch: int = Field(2000, ge=1, le=20000, description="touchpoints in one journey transaction at most")
    cache_customers: int = Field(
        50_000, ge=100, le=100_000_000, description="customers whose fold the journey service keeps in memory"
    )
    log_max_mb: int = Field(20_000, ge=1, le=MOST_MB, description="size of the event log from which ingest answers 429")
    disk_free_mb: int = Field(500, ge=0, le=MOST_MB, description="free disk space below which ingest answers 429")
    retention_days: float = Field(
        400.0,
        ge=1,
        le=MOST_DAYS,
        description="age from which records leave the event log, and dead letters their services",
    )
    facts_days: float = Field(
        30.0, ge=0, le=MOST_DAYS, description="age from which facts that alerts has read leave the outbox"
    )
    deliveries_days: float = Field(
        30.0, ge=1, le=MOST_DAYS, description="age from which deliveries that are done with are forgotten"
    )
    alerts_days: float = Field(
        400.0, ge=1, le=MOST_DAYS, description="age from which closed alerts and their trail are forgotten"
    )
    webhook_url: str = Field(
        "", description="address that receives every change of an alert's status, signed; empty: none"
    )
    webhook_secret: str = Field("", description="whsec_… secret that signs the webhooks")
    webhook_private: bool = Field(
        default=False, description="allow webhooks and Slack messages to loopback and private addresses"
    )
    slack_webhook_url: str = Field(
        "", description="Slack incoming webhook by which people are told of alerts; empty: none"
    )
    smtp_url: str = Field(
        "",
        description="mail server by which people are told of alerts, with from and to:"
        " `smtp://user:password@host:587?to=…&from=…`; empty: none",
    )
    tell_from: Literal["low", "medium", "high", "critical"] = Field(
        "low", description="least severity of which people are told by Slack and mail"
    )
    tell_after_s: float = Field(
        15.0, ge=0, le=3600, description="seconds that a change must have stood before people are told of it"
    )
    console_url: str = Field(
        "",
        description="address of the console in messages to people; empty: `http://HOST:PORT`",
    )

    def port_of(self, service: str) -> int:
        """Return the port of a service: console N, ingest N+1, journey N+2, alerts N+3."""
        return self.port + SERVICES.index(service)

    @property
    def console(self) -> str:
        """Where people find the console, without a slash at the end."""
        return self.console_url.rstrip("/") or self.url("console")

    @field_validator("host")
    @classmethod
    def _can_be_listened_on(cls, host: str) -> str:
        """Refuse numbers that are no address, before some socket or URL does in words of its own."""
        if ":" in host or not host.strip("0123456789."):
            ip_address(host)
        elif not NAME.fullmatch(host):
            message = f"{host!r} is neither an address nor the name of a host"
            raise ValueError(message)
        return host

    @field_validator("console_url")
    @classmethod
    def _can_be_opened(cls, url: str) -> str:
        """Refuse what no browser opens, or would not stand in a message as one link."""
        try:
            parts = urlsplit(url)
            good = not url or bool(WEB.fullmatch(url) and parts.hostname and parts.port != 0)
        except ValueError:  # of a host in brackets, or a port
            good = False
        if not good:
            message = f"{url!r} is no address such as https://waypost.example.com"
            raise ValueError(message)
        return url

    @property
    def reached_by(self) -> str:
        """The host by which this machine reaches its services, as it stands in an address."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host

    def url(self, service: str) -> str:
        """Return where a service answers, as seen from this machine."""
        return f"http://{self.reached_by}:{self.port_of(service)}"


SERVICES = ("console", "ingest", "journey", "alerts")
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (addresses to listen on, not to call)
