"""What happens beside the way and means nothing bad.

Late and doubled touchpoints, extras, repeats, failed attempts, people anonymous at first, people who leave for good.
"""

from dataclasses import dataclass, field, replace

from services.journey.domain.maps.model import JourneyMap, Matcher
from shared.clock import SECOND
from waypost.simulate.dice import Dice
from waypost.simulate.shapes import Shapes
from waypost.simulate.touches import Hand, Touch
from waypost.simulate.walk import Walk
from waypost.simulate.wrongs import may_end

LOSES, ANONYMOUS, EXTRAS, REPEATS, FAILS = 0.06, 0.3, 0.35, 0.2, 0.25  # shares of customers
LATE, TWICE = 0.12, 0.06  # shares of touchpoints
MOST_ATTEMPTS = 3


@dataclass(slots=True)
class Story:
    """The touchpoints of one walk while they are written; `visits` has the touchpoint of each visit."""

    map: JourneyMap
    shapes: Shapes
    hand: Hand
    chance: Dice
    walked: Walk
    visits: dict[int, Touch] = field(default_factory=dict)
    anonymous: int = 0  # so many visits before anybody knows who it is
    known_from: int = 0  # since when somebody does

    def told(self, own_opening: int | None) -> list[Touch]:
        """Write the walk itself, in the order in which it happened."""
        order = sorted(self.walked.at, key=lambda n: self.walked.at[n])
        first = own_opening if own_opening is not None else self.walked.at[order[0]] if order else 0
        touches: list[Touch] = []
        if self.map.subject == "account":
            touches += [self.hand.join(first + n * 1000, user) for n, user in enumerate(self.hand.users)]
        if own_opening is not None:
            opening = self.chance.choice(self.shapes.openings)
            touches.append(self.hand.track(opening, own_opening, self._user(), anonymous=self.anonymous > 0))
        for place, number in enumerate(order):
            at, step = self.walked.at[number], self.walked.plan.visits[number].step
            matcher = self.shapes.steps[step].matcher
            self.visits[number] = self.hand.track(matcher, at, self._user(), anonymous=place < self.anonymous)
            touches.append(self.visits[number])
            if place + 1 == self.anonymous:
                self.known_from = at + SECOND // 2
                touches.append(self.hand.identify(self.known_from, self._user()))
        return touches

    def beside(self, matcher: Matcher, at: int) -> Touch:
        """Write something that happened beside the way, as whoever they were known as then."""
        return self.hand.track(matcher, at, self._user(), anonymous=at < self.known_from)

    def _user(self) -> str:
        return self.chance.choice(self.hand.users)


def with_noise(story: Story, *, own_opening: int | None, lateness: int) -> list[Touch]:
    """Write a walk with everything that may happen on it and is no detour worth a warning."""
    chance = story.chance
    story.walked = _cut(story)
    if story.map.subject == "person" and chance.random() < ANONYMOUS:
        story.anonymous = chance.randint(1, 3)
    touches = story.told(own_opening)
    if not story.walked.at:
        return touches
    loss = _loss(story) if chance.random() < LOSES else None
    if loss:
        touches = [t for t in touches if t.occurred < loss.occurred]
    last = max((t.occurred for t in touches), default=0)
    beside = [*_extras(story), *_repeats(story), *_attempts(story)]
    touches += [t for t in beside if t.occurred < last]
    return [*_arriving(touches, chance, lateness), *([loss] if loss else [])]


def _cut(story: Story) -> Walk:
    """Leave out what would come after the end: it would be no part of this journey, and might open another."""
    walked, plan = story.walked, story.walked.plan
    done = max((at for n, at in walked.at.items() if not plan.visits[n].side), default=0)
    ends = [at for n, at in walked.at.items() if may_end(story.shapes, plan, n)]
    done = min([done, *ends])
    begun = {plan.visits[n].aside for n, at in walked.at.items() if at <= done} - {0}  # is gone through to its end
    kept = {n: at for n, at in walked.at.items() if at <= done or (not ends and plan.visits[n].aside in begun)}
    return replace(walked, at=kept)


def _between(chance: Dice, low: int, high: int) -> int:
    """Return a moment between two, to the millisecond."""
    return low + max(1, int(chance.random() * max(0, high - low - 1000)) // 1000) * 1000


def _extras(story: Story) -> list[Touch]:
    chance, times = story.chance, sorted(story.walked.at.values())
    if not story.shapes.extras or len(times) < 2 or chance.random() > EXTRAS:
        return []
    return [
        story.hand.track(
            chance.choice(story.shapes.extras), _between(chance, times[0], times[-1]), story.hand.users[-1]
        )
        for _ in range(chance.randint(1, 3))
    ]


def _repeats(story: Story) -> list[Touch]:
    """Do a step once more, where the map has one place for it and no way round that would explain it."""
    chance, visits = story.chance, story.walked.plan.visits
    if chance.random() > REPEATS:
        return []
    times = sorted(story.walked.at.values())
    fit = [
        n
        for n, at in story.walked.at.items()
        if at < times[-1]
        and not (visits[n].side or visits[n].branch or visits[n].loop)
        and story.shapes.steps[visits[n].step].clear
        and not story.shapes.steps[visits[n].step].outcomes
        and sum(visit.step == visits[n].step for visit in visits) == 1
    ]
    if not fit:
        return []
    number = chance.choice(fit)
    matcher = story.shapes.steps[visits[number].step].matcher
    again = _between(chance, story.walked.at[number], times[-1])
    return [story.beside(matcher, again)]


def _attempts(story: Story) -> list[Touch]:
    chance, visits = story.chance, story.walked.plan.visits
    fit = [n for n in story.walked.at if story.shapes.steps[visits[n].step].attempts and visits[n].after]
    if not fit or chance.random() > FAILS:
        return []
    number = chance.choice(fit)
    matcher = chance.choice(story.shapes.steps[visits[number].step].attempts)
    low = max(story.walked.at[n] for n in visits[number].after)
    times = [_between(chance, low, story.walked.at[number]) for _ in range(chance.randint(1, MOST_ATTEMPTS))]
    return [story.beside(matcher, at) for at in times]


def _loss(story: Story) -> Touch | None:
    """Leave for good, soon after some visit."""
    chance = story.chance
    if not story.shapes.losses:
        return None
    after = chance.choice(sorted(story.walked.at.values()))
    at = after + int(chance.uniform(60, 3600)) * SECOND
    return story.beside(chance.choice(story.shapes.losses), at)


def _arriving(touches: list[Touch], chance: Dice, lateness: int) -> list[Touch]:
    """Let some arrive late, and some twice."""
    arriving: list[Touch] = []
    for touch in touches:
        late = int(chance.random() * lateness / 2) if chance.random() < LATE else 0
        arriving.append(replace(touch, arrival=touch.occurred + late))
        if chance.random() < TWICE:
            arriving.append(replace(touch, arrival=arriving[-1].arrival + int(chance.random() * lateness / 4)))
    return arriving
