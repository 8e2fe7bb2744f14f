"""One simulated customer: a way through the map, and at most one thing that goes wrong on it."""

from dataclasses import dataclass, replace

from services.journey.domain.maps.model import JourneyMap
from shared.clock import DAY
from waypost.simulate.dice import Dice
from waypost.simulate.noise import Story, with_noise
from waypost.simulate.plan import Plan, draw_plan
from waypost.simulate.shapes import Shapes
from waypost.simulate.touches import Hand, Touch
from waypost.simulate.walk import AT_MOST, Manner, Walk, Wrong, walk
from waypost.simulate.wrongs import candidates, may_end, needed, overdue, surely_after, telling, wanted_later

THROWS = 60  # before somebody who should go wrong walks like everybody else
PATIENT_THROWS = 30  # of these, so many at the usual pace
SKIPS, STALLS = 0.14, 0.28  # cumulative shares
GIVE_UP = 0.65  # of those who stall, so many never come back
DECIDED = DAY  # before the watermark's last place, so that nothing hangs on its last step


@dataclass(frozen=True, slots=True)
class Setting:
    """What all customers of a simulation share. Times: microseconds of domain time."""

    map: JourneyMap
    shapes: Shapes
    start: int
    stop: int
    lateness: int
    begin: int  # the span after the start in which customers begin

    @property
    def judged_until(self) -> int:
        """Return the last place of the watermark."""
        return self.stop - self.lateness

    @property
    def decided_until(self) -> int:
        """Return up to when findings are compared with the truth."""
        return self.judged_until - DECIDED


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that goes wrong: a step left out, or a wait too long; `at`: since when, `proof`: a message id."""

    kind: str  # skip | stall
    step: str
    at: int
    proof: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and the truth about them. `sent` has the duplicates, in order of arrival; `history` has each once."""

    ids: tuple[str, ...]
    planted: tuple[Planted, ...]
    sent: tuple[Touch, ...]

    @property
    def history(self) -> tuple[Touch, ...]:
        """Return the touchpoints as they happened, each once."""
        once = {touch.message: touch for touch in reversed(self.sent)}
        return tuple(sorted(once.values(), key=lambda touch: (touch.occurred, touch.message)))


def draw_customer(setting: Setting, name: str, chance: Dice) -> Customer | None:
    """Draw one customer; None where no throw found a way through the map, or nothing happened before the stop."""
    role = chance.random()
    wanted = "skip" if role < SKIPS else "stall" if role < STALLS else ""
    if wanted:
        for throw in range(THROWS):
            if planted := _planted(setting, name, chance, wanted, hurry=throw >= PATIENT_THROWS):
                return planted
    for _ in range(THROWS):
        if plain := _plain(setting, name, chance):
            return plain if plain.sent else None
    return None


def _hand(setting: Setting, name: str, chance: Dice) -> Hand:
    if setting.map.subject == "person":
        return Hand(setting.map, name, (name,))
    return Hand(setting.map, name, tuple(f"{name}-{'abc'[n]}" for n in range(chance.randint(1, 3))))


def _opening(setting: Setting, plan: Plan) -> str:
    """Say how a plan opens: by its first visit (`visit`), by a touchpoint of its own (`own`), or not at all."""
    first = [visit for visit in plan.visits if not visit.after]
    if len(first) == 1 and setting.shapes.steps[first[0].step].opens:
        return "visit"
    if setting.shapes.openings:
        return "own"
    return "any" if first and all(setting.shapes.steps[visit.step].opens for visit in first) else ""


def _planted(setting: Setting, name: str, chance: Dice, kind: str, *, hurry: bool) -> Customer | None:
    plan = draw_plan(setting.map, chance, detours=False)
    if plan is None or not (opening := _opening(setting, plan)):
        return None
    found = candidates(setting.map, setting.shapes, plan)
    places = found.skips if kind == "skip" else found.stalls
    if not places:
        return None
    wrong = _wrong(setting, plan, chance, kind, chance.choice(places))
    walked = walk(setting.map, plan, chance, Manner(wrong, opened=opening == "visit", hurry=hurry))
    if walked is None:
        return None
    begin = _begin(setting, chance)
    hand = _hand(setting, name, chance)
    story = Story(setting.map, setting.shapes, hand, chance, _from(begin, walked))
    touches = story.told(own_opening=begin if opening == "own" else None)
    planted = _truth(setting, wrong, _from(begin, walked), {n: t.message for n, t in story.visits.items()})
    if planted is None:
        return None
    return _customer(setting, hand, touches, (planted,))


def _wrong(setting: Setting, plan: Plan, chance: Dice, kind: str, number: int) -> Wrong:
    if kind == "skip":
        return Wrong(number, skipped=True)
    within = setting.map.steps[plan.visits[number].step].within or 0
    spare, gives_up = chance.random(), chance.random() < GIVE_UP
    return Wrong(number, skipped=False, over=None if gives_up else overdue(within, setting.lateness, spare=spare))


def _begin(setting: Setting, chance: Dice) -> int:
    return setting.start + int(chance.random() * setting.begin) // 1000 * 1000


def _from(begin: int, walked: Walk) -> Walk:
    return replace(
        walked,
        at={n: begin + at for n, at in walked.at.items()},
        enabled={n: begin + at for n, at in walked.enabled.items()},
    )


def _truth(setting: Setting, wrong: Wrong, walked: Walk, messages: dict[int, str]) -> Planted | None:
    """Return what was planted; None when it would not be decided before the end, or not alone."""
    plan, step = walked.plan, setting.map.steps[walked.plan.visits[wrong.visit].step]
    if not wrong.skipped:
        due = walked.enabled[wrong.visit] + (step.within or 0)
        before = max(walked.plan.visits[wrong.visit].counted, key=lambda n: walked.at[n])
        return Planted("stall", step.name, due, messages[before]) if due < setting.decided_until else None
    behind = [n for n in surely_after(plan, wrong.visit) if n in walked.at]
    behind.sort(key=lambda n: walked.at[n])
    enough = behind[: needed(setting.map)]
    if any(may_end(setting.shapes, plan, n) for n in enough[:-1]):
        return None
    if walked.at[enough[-1]] >= setting.decided_until:
        return None
    owed = step.within and wanted_later(setting.map, plan, wrong.visit)
    if owed and walked.enabled[wrong.visit] + (step.within or 0) < setting.stop:
        return None  # it would become a stall as well
    told = behind[telling(setting.map) - 1]
    if step.within and walked.at[told] > walked.enabled[wrong.visit] + AT_MOST * step.within:
        return None  # it would be waited for first
    return Planted("skip", step.name, walked.at[told], messages[told])


def _plain(setting: Setting, name: str, chance: Dice) -> Customer | None:
    plan = draw_plan(setting.map, chance, detours=True)
    if plan is None or not (opening := _opening(setting, plan)):
        return None
    walked = walk(setting.map, plan, chance, Manner(opened=opening == "visit"))
    if walked is None:
        return None
    begin = _begin(setting, chance)
    hand = _hand(setting, name, chance)
    story = Story(setting.map, setting.shapes, hand, chance, _from(begin, walked))
    touches = with_noise(story, own_opening=begin if opening == "own" else None, lateness=setting.lateness)
    return _customer(setting, hand, touches, ())


def _customer(setting: Setting, hand: Hand, touches: list[Touch], planted: tuple[Planted, ...]) -> Customer:
    sent = sorted((t for t in touches if t.arrival <= setting.stop), key=lambda touch: (touch.arrival, touch.message))
    return Customer(_ids(hand, sent), planted, tuple(sent))


def _ids(hand: Hand, sent: list[Touch]) -> tuple[str, ...]:
    if hand.map.subject == "account":
        return (f"account:{hand.name}",)
    named = [("user", t.body["userId"]) for t in sent if "userId" in t.body]
    named += [("anonymous", t.body["anonymousId"]) for t in sent if "anonymousId" in t.body]
    return tuple(f"{kind}:{value}" for kind, value in dict.fromkeys(named))
