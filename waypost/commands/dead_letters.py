"""`waypost dead-letters`: what a service could not take in or read, and how it gets another chance."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer

from shared.client import CannotReachError, Client, RefusedError
from shared.words import counted
from shared.yaml_text.problems import shorten
from waypost.commands.customer import when
from waypost.commands.letters import event_of, whose
from waypost.commands.options import DATA, PORT, Data, Port, fail
from waypost.commands.shown import Shown
from waypost.printing import say, say_json

PAGE = 1000
KEEPERS = ("ingest", "journey", "alerts")
NOT_FOUND = "not_found"
LONGEST_ID = 60  # letters of one that are shown

Keeper = Literal["ingest", "journey", "alerts"]
Of = Annotated[Keeper | None, typer.Option("--service", help="Only the letters of one service.")]
From = Annotated[Literal["ingest", "journey"], typer.Option("--service", help="The service whose letters they are.")]
Status = Annotated[
    Literal["waiting", "replayed", "dismissed", "all"], typer.Option("--status", help="Which letters of ingest.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Letters of each service at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Offsets = Annotated[list[int] | None, typer.Argument(help="Letters by offset, as listed.", metavar="[OFFSET]...")]
Reason = Annotated[str, typer.Option("--reason", help="Those of ingest that wait for this reason.")]
Source = Annotated[str, typer.Option("--source", help="Those of ingest that wait from this source.")]
Everything = Annotated[bool, typer.Option("--all", help="Every letter that waits.")]


def summary(data: Data = DATA, port: Port = PORT, *, as_json: AsJson = False) -> None:
    """Count the letters of ingest that wait, by reason and source, and say what to do about them.

    Example: waypost dead-letters summary
    """
    with Client(port, data) as client:
        reasons = client.get("ingest", "/v1/dead-letters/summary")["reasons"]
    if not reasons and not as_json:
        say("No dead letters wait.")
    for each in reasons:
        if as_json:
            say_json(each)
            continue
        since = f"{when(each['first_at'])} to {when(each['last_at'])} UTC"
        say(f"{each['count']:,} {each['reason']} from {each['source']}, {since}")
        say(f"    Such as offset {each['offset']}: {each['error']}")
        say(f"    {each['hint']}")


def list_letters(
    *,
    service: Of = None,
    status: Status = "waiting",
    limit: Limit = 100,
    as_json: AsJson = False,
    data: Data = DATA,
    port: Port = PORT,
) -> None:
    """List dead letters, the oldest first: whose event, why, and where it lies.

    Example: waypost dead-letters list --service ingest --limit 20
    """
    with Client(port, data) as client:
        kept = {name: list(_letters(client, name, status, limit + 1)) for name in ([service] if service else KEEPERS)}
    found = [{"service": name, **letter} for name, letters in kept.items() for letter in letters[:limit]]
    for letter in found:
        (say_json if as_json else _show)(letter)
    if as_json:
        return
    if not found:
        say("No dead letters.")
    if any(len(letters) > limit for letters in kept.values()):
        say(f"And more: see them with --limit above {limit}.")


def replay_letters(
    offsets: Offsets = None,
    *,
    everything: Everything = False,
    reason: Reason = "",
    source: Source = "",
    service: From = "ingest",
    data: Data = DATA,
    port: Port = PORT,
) -> None:
    """Send dead letters through the door again, with the same event ids: what was taken in before counts once.

    Do this after the cause is mended. Letters of journey go through ingest as new touchpoints and stay listed.

    Example: waypost dead-letters replay --reason in_future
    """
    wanted = _wanted(offsets, reason, source, everything=everything)
    if service == "journey" and (reason or source):
        fail("letters of journey are chosen by offset, or --all")
    results: list[dict[str, Any]] = []
    with Client(port, data) as client, Shown("replaying") as shown, saying(client, lambda: _summed(results)):
        if service == "ingest":
            found = (answer["results"] for answer in _each(client, "replay", wanted))
        else:
            found = ([result] for result in _replay_journey(client, offsets))
        for some in found:
            results += some
            shown.at(None, counted(len(results), "letter"))
    _report(results)


def dismiss_letters(
    offsets: Offsets = None,
    *,
    everything: Everything = False,
    reason: Reason = "",
    source: Source = "",
    data: Data = DATA,
    port: Port = PORT,
) -> None:
    """Let dead letters of ingest wait no longer, because nobody will send them again; they stay listed.

    Example: waypost dead-letters dismiss --reason no_identity --source web
    """
    wanted = _wanted(offsets, reason, source, everything=everything)
    missing, dismissed = [], 0
    with (
        Client(port, data) as client,
        Shown("dismissing") as shown,
        saying(client, lambda: f"{dismissed:,} dismissed"),
    ):
        for answer in _each(client, "dismiss", wanted):
            missing += answer["missing"]
            dismissed += answer["dismissed"]
            shown.at(None, counted(dismissed, "letter"))
    for offset in missing:
        say(f"{offset}: No such letter.", err=True)
    say(f"{dismissed:,} dismissed.")
    raise typer.Exit(1 if missing else 0)


def _wanted(offsets: list[int] | None, reason: str, source: str, *, everything: bool) -> list[dict[str, Any]]:
    """Return the wishes that choose letters; none or several ways to choose end the command."""
    if [bool(offsets), bool(reason or source), everything].count(True) != 1:
        fail("say which letters: their offsets, --reason and --source, or --all")
    if offsets:
        return [{"offsets": offsets[start : start + PAGE]} for start in range(0, len(offsets), PAGE)]
    return [{"all": True} if everything else {"reason": reason, "source": source}]


@contextmanager
def saying(client: Client, done: Callable[[], str]) -> Iterator[None]:
    """Where ingest goes away in between, say what was done. Raises CannotReachError, at once where it does not run."""
    client.get("ingest", "/v1/dead-letters", status="all", limit=1)
    try:
        yield
    except RefusedError:
        raise
    except (CannotReachError, KeyboardInterrupt) as error:
        message = f"{str(error) or 'stopped'}. Until then {done()}; the same command goes on, and nothing counts twice"
        raise CannotReachError(message) from error


def _each(client: Client, act: str, wanted: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield ingest's answers to wishes, page by page, also while ingest is started again."""
    waiting = list(wanted)
    while waiting:
        wish = waiting.pop(0)
        answer = client.patiently("POST", "ingest", f"/v1/dead-letters/{act}", json=wish)
        yield answer
        if answer["next"] is not None:
            waiting.append(wish | {"after": answer["next"]})


def _letters(client: Client, service: str, status: str, limit: int) -> Iterator[dict[str, Any]]:
    after: int | None = -1
    while after is not None and limit > 0:
        asked = {"status": status} if service == "ingest" else {}
        page = client.get(service, "/v1/dead-letters", limit=min(limit, PAGE), after=after, **asked)
        yield from page["dead_letters"]
        limit -= len(page["dead_letters"])
        after = page["next"]


def _show(letter: dict[str, Any]) -> None:
    """Say where a letter lies, since when and from where, whose event it was, and what is wrong with it."""
    ids = whose(letter["body"])
    more = f" and {len(ids) - 1} more" if ids[1:] else ""
    who = f", of {shorten(ids[0], LONGEST_ID)}{more}" if ids else ""
    event = f", event {letter['event_id']}" if letter["event_id"] else ""
    place = f"{letter['service']} {letter['offset']}  {letter['reason']}  {when(letter['at'])} UTC"
    say(f"{place}, from {letter['source']}{who}{event}")
    say(f"    {letter['error']}")


def _replay_journey(client: Client, offsets: list[int] | None) -> Iterator[dict[str, Any]]:
    chosen = set(offsets or [])
    for letter in _letters(client, "journey", "all", 1 << 62):
        if not chosen or letter["offset"] in chosen:
            yield {**_again(client, letter["body"]), "offset": letter["offset"]}
            chosen.discard(letter["offset"])
            if offsets and not chosen:
                return
    yield from ({"offset": each, **_refused(NOT_FOUND, "No such letter.")} for each in sorted(chosen))


def _again(client: Client, body: str) -> dict[str, Any]:
    event = event_of(body)
    if event is None:
        return _refused("no_touchpoint", "The letter holds no touchpoint that could be sent again.")
    result: dict[str, Any] = client.patiently("POST", "ingest", "/v1/touchpoints", json=event)["results"][0]
    return result


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"accepted": False, "code": code, "message": message}


def _report(results: list[dict[str, Any]]) -> None:
    """Say what became of each letter; exit code 1 when one of them still waits."""
    for result in results:
        if not result["accepted"]:
            say(f"{result['offset']}: {result.get('message', '')} ({result.get('code', '')})", err=True)
    say(f"{_summed(results)}.")
    if not all(result["accepted"] for result in results):
        raise typer.Exit(1)


def _summed(results: list[dict[str, Any]]) -> str:
    missing = sum(result.get("code") == NOT_FOUND for result in results)
    refused = sum(not result["accepted"] for result in results) - missing
    there = f", {missing:,} not there" if missing else ""
    return f"{len(results) - refused - missing:,} replayed, {refused:,} refused again{there}"
