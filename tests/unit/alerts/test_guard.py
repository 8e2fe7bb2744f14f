"""Where webhooks may go."""

import ipaddress
import socket

import pytest

from services.alerts.delivery.guard import ForbiddenTargetError, allowed, resolve

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "2002:5db8:d822::1"]
INSIDE = ["127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "::1", "fc00::1", "::ffff:10.0.0.1"]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",  # noqa: S104 (not listened on)
    "::",
    "224.0.0.1",
    "ff02::1",
    "168.63.129.16",
    "fd00:ec2::254",
    "192.0.0.192",
    "100.100.100.200",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]
CLOSED = ["100.64.0.1", "240.0.0.1", "192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_the_house_only_when_the_setting_says_so(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address), private=False)
    assert allowed(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_link_local_and_multicast_addresses_never(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address), private=True)
    assert not allowed(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", CLOSED)
def test_shared_reserved_and_documentation_addresses_are_not_public(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address), private=False)


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    target = resolve("https://localhost:8443/hook?a=1#part", private=True)
    assert target.address in {"127.0.0.1", "::1"}
    assert target.url in {"https://127.0.0.1:8443/hook?a=1", "https://[::1]:8443/hook?a=1"}
    assert (target.host, target.host_header) == ("localhost", "localhost:8443")


def test_a_name_in_other_letters_is_greeted_as_it_was_resolved() -> None:
    assert resolve("http://\uff4cocalhost:8080/", private=True).host_header == "localhost:8080"


def test_a_literal_address_of_version_six_keeps_its_brackets() -> None:
    target = resolve("http://[::1]/hook", private=True)
    assert (target.url, target.host_header) == ("http://[::1]/hook", "[::1]")


@pytest.mark.parametrize("url", ["http://localhost/", "http://127.1/", "http://2130706433/", "http://[::ffff:7f00:1]/"])
def test_no_spelling_of_an_inner_address_gets_through(url: str) -> None:
    with pytest.raises(ForbiddenTargetError, match="inside the house"):
        resolve(url, private=False)


def test_a_name_that_is_not_found_is_an_error_of_the_network() -> None:
    with pytest.raises(socket.gaierror):
        resolve("http://no-such-host.invalid/", private=False)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "a..example"])
def test_what_cannot_be_a_name_is_not_found(host: str) -> None:
    with pytest.raises(OSError, match="is no name of a host"):
        resolve(f"https://{host}/hook", private=True)
