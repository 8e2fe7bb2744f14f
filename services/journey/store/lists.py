"""Lists of customers by where they stand, found by index among very many, and what came last."""

import re
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from services.journey.domain.judgement.run import ORDER
from shared.events import Touchpoint, decode_touchpoint

Order: TypeAlias = Literal["number", "longest"]
Fate: TypeAlias = Literal["reached", "lost", "open"]

NEVER = (1 << 63) - 1  # sorts who stands nowhere last
LOOKED_AT = 2000  # newest touchpoints of all tenants among which a tenant's own are looked for
FATES: dict[Fate | None, str] = {  # what came of a journey, as outcomes are counted
    "reached": " AND reached_at IS NOT NULL",
    "lost": " AND reached_at IS NULL AND ended_at IS NOT NULL",
    "open": " AND reached_at IS NULL AND ended_at IS NULL",
    None: "",
}
ON_NO_MAP = (  # of these subjects
    " AND c.subject IN (SELECT value FROM json_each(?))"
    " AND NOT EXISTS (SELECT 1 FROM journeys j WHERE j.customer_no = c.customer_no)"
)
OF_NO_ACCOUNT = (  # with a journey, as a member of it or by a touchpoint that names it
    " AND NOT EXISTS (SELECT 1 FROM ids i WHERE i.customer_no = c.customer_no AND ("
    "EXISTS (SELECT 1 FROM assertions a JOIN journeys j ON j.customer_no = a.id_b"
    " WHERE a.id_a = i.id_no AND a.kind = 'group')"
    " OR EXISTS (SELECT 1 FROM touchpoints t INDEXED BY touchpoints_naming"
    " JOIN journeys j ON j.customer_no = t.account_no WHERE t.id_no = i.id_no AND t.account_no IS NOT NULL)))"
)
_CURSOR = re.compile(r"(?:([0-9]{1,19})\.)?([0-9]{1,18})")


class CursorError(ValueError):
    """Raised when an `after` is no `next` of the same list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which customers to list."""

    map: str | None = None
    step: str | None = None
    state: str | None = None
    stall: str | None = None  # a level, "overdue" (stalled or beyond) or "any"
    outcome: Fate | None = None
    among: Collection[int] | None = None  # only these customers
    on_no_map: Collection[str] | None = None  # without a journey, of these subjects

    @property
    def standing_at(self) -> str | None:
        """The step at which a journey stands; who is stalled may stand elsewhere than at the step waited for."""
        return self.step if self.stall is None else None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: `after` is the cursor that the part before ended with."""

    order: Order
    after: str
    limit: int


def list_customers(
    db: sqlite3.Connection, tenant: str, wanted: Filter, page: Page
) -> tuple[list[int], int | str | None]:
    """Return numbers of customers that have a journey as wanted, and the cursor behind them (None: that is all).

    By number, without a wish all of them; `longest` goes journey by journey, so who has several comes as often.
    Raises CursorError.
    """
    since, number = _place(page)
    if wanted.map is None:
        rows = db.execute(*_anywhere(tenant, wanted, number, page.limit + 1)).fetchall()
    else:
        rows = db.execute(*question_on_map(db, tenant, wanted, page, (since, number))).fetchall()
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    if not more:
        return [row[0] for row in rows], None
    last = rows[-1]
    return [row[0] for row in rows], last[0] if page.order == "number" else f"{last[1]}.{last[0]}"


def _place(page: Page) -> tuple[int, int]:
    if not page.after:
        return -1, -1
    found = _CURSOR.fullmatch(page.after)
    if not found or (found[1] is None) != (page.order == "number") or int(found[1] or 0) > NEVER:
        message = f"`{page.after}` is not a `next` of this list: begin again without `after`"
        raise CursorError(message)
    return int(found[1] or -1), int(found[2])


def _stall(wanted: Filter, table: str = "") -> tuple[str, list[object]]:
    """Return the condition on how a journey is stalled, and for which step; `table`: with its dot."""
    if wanted.stall is None:
        return "", []
    values: list[object] = [wanted.stall]
    test = f" AND {table}stall = ?"
    if wanted.stall == "overdue":
        test, values = f" AND {table}stall IN ('stalled', 'beyond')", []
    elif wanted.stall == "any":
        test, values = f" AND {table}stall IS NOT NULL", []
    return (test, values) if wanted.step is None else (f"{test} AND {table}stall_step = ?", [*values, wanted.step])


def _among(wanted: Filter, column: str) -> tuple[str, list[object]]:
    if wanted.among is None:
        return "", []
    return f" AND {column} IN (SELECT value FROM json_each(?))", [as_json(wanted.among)]  # noqa: S608 (constants)


def as_json(values: Collection[int] | Collection[str]) -> str:
    """Return values as a list that a question unfolds with json_each."""
    return msgspec.json.encode(sorted(values)).decode()


def on_no_map(subjects: Collection[str]) -> str:
    """Return the condition that a customer has no journey, nor an account of theirs; `?` stands for the subjects."""
    return ON_NO_MAP + (OF_NO_ACCOUNT if "account" in subjects else "")


def _anywhere(tenant: str, wanted: Filter, after: int, limit: int) -> tuple[str, Sequence[object]]:
    tests, values = _stall(wanted, "j.")
    if wanted.standing_at is not None:
        tests += " AND EXISTS (SELECT 1 FROM json_each(j.steps) WHERE value = ?)"
        values.append(wanted.standing_at)
    if wanted.state is not None:
        tests += " AND j.state = ?"
        values.append(wanted.state)
    tests += FATES[wanted.outcome]
    among, numbers = _among(wanted, "c.customer_no")
    if wanted.on_no_map is not None:
        among, numbers = among + on_no_map(wanted.on_no_map), [*numbers, as_json(wanted.on_no_map)]
    journey = f" AND EXISTS (SELECT 1 FROM journeys j WHERE j.customer_no = c.customer_no{tests})" if tests else ""  # noqa: S608 (constants)
    question = (
        "SELECT c.customer_no FROM customers c WHERE c.tenant = ? AND c.merged_into IS NULL AND c.customer_no > ?"  # noqa: S608 (constants; every value is a parameter)
        f"{among}{journey} ORDER BY c.customer_no LIMIT ?"
    )
    return question, (tenant, after, *numbers, *values, limit)


def question_on_map(
    db: sqlite3.Connection, tenant: str, wanted: Filter, page: Page, place: tuple[int, int]
) -> tuple[str, Sequence[object]]:
    """Return the question that the index of places answers alone."""
    test, values = _stall(wanted)
    states = [wanted.state] if wanted.state is not None else list(ORDER)
    where = f"tenant = ? AND map = ? AND state IN ({', '.join('?' * len(states))})"
    given: list[object] = [tenant, wanted.map, *states]
    if (step := wanted.standing_at) is not None:
        steps = [steps for state in states for steps in _places(db, tenant, str(wanted.map), state, step)]
        where += f" AND steps IN ({', '.join('?' * len(steps))})"
        given += steps
    among, numbers = _among(wanted, "customer_no")
    where += test + FATES[wanted.outcome] + among
    given += values + numbers
    if page.order == "number":
        question = f"SELECT DISTINCT customer_no FROM journeys WHERE {where} AND customer_no > ? ORDER BY 1 LIMIT ?"  # noqa: S608 (constants; every value is a parameter)
        return question, (*given, place[1], page.limit + 1)
    question = (
        f"SELECT customer_no, coalesce(since, {NEVER}) AS stood FROM journeys WHERE {where}"  # noqa: S608 (constants; every value is a parameter)
        " AND (stood, customer_no) > (?, ?) ORDER BY stood, customer_no LIMIT ?"
    )
    return question, (*given, *place, page.limit + 1)


def _places(db: sqlite3.Connection, tenant: str, map: str, state: str, step: str) -> list[str]:
    """Return the sets of steps, as stored, that hold one: each distinct set is one leap in the index."""
    found: list[str] = []
    steps: str | None = ""
    while True:
        (steps,) = db.execute(
            "SELECT min(steps) FROM journeys WHERE tenant = ? AND map = ? AND state = ? AND steps > ?",
            (tenant, map, state, steps),
        ).fetchone()
        if steps is None:
            return found
        if step in msgspec.json.decode(steps):
            found.append(steps)


def newest_touchpoints(db: sqlite3.Connection, tenant: str, limit: int) -> list[tuple[Touchpoint, int]]:
    """Return a tenant's touchpoints that were stored last, the newest first, with the number of their customer.

    Only those among the last few thousand of all tenants: the list is for who waits for a first one.
    """
    rows = db.execute(
        "SELECT t.body, i.customer_no FROM (SELECT tenant, id_no, body FROM touchpoints ORDER BY rowid DESC LIMIT ?) t"
        " JOIN ids i ON i.id_no = t.id_no WHERE t.tenant = ? LIMIT ?",
        (LOOKED_AT, tenant, limit),
    )
    return [(decode_touchpoint(body), number) for body, number in rows.fetchall()]
