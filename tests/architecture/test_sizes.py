"""Modules and functions stay small enough to read in one go."""

from tests.shared_data import ROOT

from .checkout import functions, product_modules

MODULE_LINES = 300
FUNCTION_LINES = 45


def test_no_module_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path, source in product_modules()
        if (lines := source.count("\n")) > MODULE_LINES
    }

    assert long == {}


def test_no_function_is_too_long_to_read() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{function.name}": lines
        for path, source in product_modules()
        for function in functions(source)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }

    assert long == {}
