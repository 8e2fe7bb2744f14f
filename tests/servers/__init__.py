"""Real servers for tests."""

from tests.servers.ports import free_ports
from tests.servers.waiting import until

__all__ = ["free_ports", "until"]
