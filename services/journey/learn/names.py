"""Customers found by a part of their name, which their journeys know from what was said of them."""

from array import array
from bisect import bisect_right
from typing import NamedTuple

import msgspec

from services.journey.learn.picture import Database
from services.journey.learn.snapshots import Key, Snapshots


class Names(NamedTuple):
    """The names of a tenant, one after the other in one text: a search is one search in that."""

    text: str
    ends: "array[int]"  # where each name ends in it; quoted, as an array takes no subscript before Python 3.12
    customers: "array[int]"


class _Named(msgspec.Struct):
    name: str = ""


_named = msgspec.json.Decoder(_Named)  # of a whole view only the name is read
AllNames = Snapshots[Names]


def names(database: Database) -> AllNames:
    """Return the names by tenant. Of some 200,000 journeys they take about 10 MB and a second."""

    def make(key: Key) -> Names:
        with database() as db:
            rows = db.execute("SELECT blob, customer_no FROM journeys WHERE tenant = ?", key)
            found = {(folded(_named.decode(blob).name), number) for blob, number in rows}
        return index_of(found)

    return Snapshots(make)


def index_of(found: set[tuple[str, int]]) -> Names:
    """Return the names and whose they are, ready to be searched."""
    ends, customers = array("q"), array("q")
    end = 0
    for name, customer in found:
        end += len(name) + 1
        ends.append(end)
        customers.append(customer)
    return Names("".join(f"{name}\n" for name, _ in found), ends, customers)


def folded(name: str) -> str:
    """Return a name as it is compared: without case, and with single blanks (so no line ends in it)."""
    return " ".join(name.casefold().split())


def called(names: Names, part: str) -> set[int]:
    """Return the customers whose name contains a text, whatever its case."""
    wanted, found = folded(part), set()
    at = names.text.find(wanted) if wanted else -1
    while at >= 0:
        nth = bisect_right(names.ends, at)
        found.add(names.customers[nth])
        at = names.text.find(wanted, names.ends[nth])
    return found
