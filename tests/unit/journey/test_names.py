"""A search among names finds what looking at each of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from services.journey.learn.names import called, folded, index_of

A_FEW = st.text(alphabet="aAbß \n", max_size=6)


@given(st.lists(A_FEW, max_size=8), A_FEW)
def test_a_part_is_found_in_every_name_that_has_it(names: list[str], part: str) -> None:
    found = {(folded(name), customer) for customer, name in enumerate(names)}
    wanted = folded(part)
    assert called(index_of(found), part) == {customer for name, customer in found if wanted and wanted in name}
