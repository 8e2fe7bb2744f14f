"""The KPI catalogue: read it with its audit and its goals checked, put another in its place."""

from contextlib import closing

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from services.alerts.kpis.answer import Json, answer_of
from services.alerts.kpis.catalogue import Catalogue
from services.alerts.kpis.reading import read_catalogue
from services.alerts.routes.reading import Admin, Reader, Reading, Reads, readable
from services.alerts.store import kpis
from shared.bodies import read_text
from shared.clock import Clock
from shared.database import connect, transaction
from shared.errors import InvalidError
from shared.yaml_text.problems import DocumentError, problem_answer

router = APIRouter()


@router.get("/v1/kpis")
def get_kpis(caller: Reader, read: Reads) -> Json:
    """Return the tenant's catalogue with its audit and its goals checked; without one, an empty one."""
    with read.database() as db:
        yaml = kpis.load(db, caller.tenant)
    return answer_of(read_catalogue(yaml) if yaml else Catalogue(), yaml)


@router.put("/v1/kpis")
async def put_kpis(request: Request, caller: Admin, read: Reads) -> Json:
    """Put a catalogue, YAML or JSON, in the place of the last. What is wrong with it is answered with its lines.

    Raises InvalidError, TooLargeError.
    """
    text = await read_text(request, "catalogue", "invalid_kpis")
    return await run_in_threadpool(_save, caller.tenant, text, read, request.app.state.clock)


def _save(tenant: str, text: str, read: Reading, clock: Clock) -> Json:
    try:
        catalogue = read_catalogue(text)
    except DocumentError as error:
        problems = [problem_answer(each) for each in error.problems]
        message = f"this catalogue cannot be used: {'; '.join(str(error).splitlines())}"
        raise InvalidError(message[:2000], code="invalid_kpis", details={"problems": problems}) from error
    with readable(), closing(connect(read.path)) as db, transaction(db):
        kpis.save(db, tenant, text, clock.now())
    return answer_of(catalogue, text)
