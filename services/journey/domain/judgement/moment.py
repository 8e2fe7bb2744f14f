"""A journey after its n-th aligned touchpoint, as far as the touchpoints alone decide: shared by all who came this way.

Moments form a tree by symbol. Times, proofs and texts belong to the customer and are filled in by the fold.
"""

from functools import cached_property

from services.journey.domain.engine.entries import Symbol
from services.journey.domain.engine.frontier import Prefix
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.deviations import deviations
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.ledger import ledger_of
from services.journey.domain.judgement.model import RouteStep
from services.journey.domain.judgement.route import NO_ROUTE, Route, find_route
from services.journey.domain.judgement.standing import stand
from services.journey.domain.judgement.texts import worded
from services.journey.domain.judgement.waits import clocks


class Moment:
    """One node of the tree. What every advance needs is worked out at once, the rest when first asked for."""

    def __init__(self, course: Course, prefix: Prefix, before: "Moment | None" = None) -> None:
        """Judge a prefix on a course, given the moment one touchpoint before."""
        self.course = course
        self.prefix = prefix
        self.index = prefix.depth  # the number of aligned touchpoints so far
        self.children: dict[Symbol, Moment] = {}
        self.ledger = ledger_of(prefix.best, course)
        self.first = self.ledger.first  # a step done -> the touchpoint that did it first
        self.standing = stand(course, prefix.best.state, self.ledger.extras - self.ledger.used)
        self.clocks = clocks(course, self.standing, self.route if course.constrained else NO_ROUTE, self.first)
        watched: frozenset[int] = before.clocks.watched if before is not None else frozenset()
        enabled = before.standing.places if before is not None else ()
        self.stopped = tuple(watched - self.clocks.watched)  # places that are waited for no more
        self.started = tuple(place for place in self.standing.places if place not in enabled)

    @cached_property
    def route(self) -> Route:
        """The shortest way on."""
        key = (self.standing, frozenset(self.first))
        known = self.course.routes.get(key)
        if not isinstance(known, Route):
            known = self.course.routes[key] = find_route(self.course, self.standing, self.first)
        return known

    @cached_property
    def way(self) -> tuple[RouteStep, ...]:
        """The route as it is shown."""
        return tuple(RouteStep(step, why) for step, why in self.route.steps)

    @cached_property
    def drafts(self) -> tuple[Draft, ...]:
        """The findings, with the touchpoints that prove them as numbers; like ones are one object."""
        known = self.course.drafts
        drafts = deviations(self.course, self.prefix, self.standing, self.first)
        return tuple(known.setdefault(draft, draft) for draft in (worded(self.course, one) for one in drafts))
