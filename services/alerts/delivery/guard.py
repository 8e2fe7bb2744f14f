"""Where messages may go: no address inside the house, whatever name it hides behind; mail may, to a server there.

A name is resolved once; the connection goes to the very address that was checked, so that a second answer of the
name server cannot lead elsewhere.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "192.0.0.192", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"))
)
LONGEST = 2000  # characters of an address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenTargetError(Exception):
    """Raised when a message would go where it must not: a wrong address, or one inside the house."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked place to send to: `address` is where to connect, `host` whom to greet there."""

    url: str
    address: str
    host: str
    host_header: str


def check_url(url: str) -> tuple[str, int]:
    """Return host and port of an address. Raises ForbiddenTargetError when it is none, and never says what it holds."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        message = "the address is no URL"
        raise ForbiddenTargetError(message) from None  # what urlsplit says may hold a password
    message = ""
    if parts.scheme not in {"http", "https"} or not host:
        message = "the address must begin with https:// or http:// and name a host"
    elif parts.username is not None or parts.password is not None:
        message = "the address must hold no user name or password"
    elif not url.isprintable() or len(url) > LONGEST:
        message = f"the address must have at most {LONGEST} characters, all of them visible"
    if message or not host:
        raise ForbiddenTargetError(message)
    return host, port or (443 if parts.scheme == "https" else 80)


def resolve(url: str, *, private: bool) -> Target:
    """Return the place of an address. Raises ForbiddenTargetError, and OSError when the name is not found."""
    host, port = check_url(url)
    addresses = _addresses(host, port)
    for address in addresses:
        if not allowed(address, private=private):
            message = f"{host} is {address}, inside the house: messages go to public addresses only"
            raise ForbiddenTargetError(message)
    first = addresses[0]
    parts = urlsplit(url)
    literal = f"[{first}]" if first.version == 6 else str(first)
    suffix = f":{parts.port}" if parts.port else ""
    pinned = parts._replace(netloc=f"{literal}{suffix}", fragment="").geturl()
    name = host.encode("idna").decode()  # as it was just resolved
    shown = f"[{name}]" if ":" in name else name
    return Target(pinned, str(first), name, f"{shown}{suffix}")


def check_host(host: str, port: int) -> None:
    """Raise ForbiddenTargetError for a host that may not even get mail, OSError when its name is not found."""
    for address in _addresses(host, port):
        if not allowed(address, private=True):
            message = f"{host} is {address}, where no mail server can be"
            raise ForbiddenTargetError(message)


def _addresses(host: str, port: int) -> list[Address]:
    """Return the addresses of a name. Raises OSError when it is not found, or cannot be a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        message = f"{host[:80]} is no name of a host"
        raise OSError(message) from error
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def allowed(address: Address, *, private: bool) -> bool:
    """Whether a message may go to an address; `private`: loopback and private ones too, never metadata services."""
    inner = _inner(address)
    if inner != address:
        return allowed(inner, private=private)
    if address in METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if private and (address.is_loopback or address.is_private):
        return True
    return address.is_global and not address.is_reserved


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one leads to, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
