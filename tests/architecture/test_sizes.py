"""Modules and functions stay small enough to read in one go."""

from tests.shared_data import ROOT

from .checkout import functions, product_modules

MODULE_LINES = 300
FUNCTION_LINES = 45
LONGER = {  # with the reason why splitting would make it harder to read
    "services/journey/domain/engine/blocks.py": 380,  # the nodes of one closed union, all of one shape
    "services/ingest/domain/draft.py:draft": 60,  # the hottest lines of ingest: calls would cost a fifth
}


def test_no_module_is_too_long_to_read() -> None:
    long = {
        name: lines
        for path, source in product_modules()
        if (lines := source.count("\n")) > LONGER.get(name := str(path.relative_to(ROOT)), MODULE_LINES)
    }

    assert long == {}


def test_no_function_is_too_long_to_read() -> None:
    long = {
        name: lines
        for path, source in product_modules()
        if path.relative_to(ROOT).parts[0] != "migrations"  # lists of columns
        for function in functions(source)
        if (lines := (function.end_lineno or 0) - function.lineno + 1)
        > LONGER.get(name := f"{path.relative_to(ROOT)}:{function.name}", FUNCTION_LINES)
    }

    assert long == {}
