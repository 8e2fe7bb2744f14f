"""`waypost map lint`: what is wrong with map files, before anybody publishes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from services.journey.domain.maps.lint import lint_text, publishable
from shared.words import counted
from shared.yaml_text.problems import Problem, problem_answer
from waypost.printing import say, say_json
from waypost.publish import UnreadableError, read_text

Files = Annotated[list[Path], typer.Argument(help="Map files, YAML or JSON; - reads standard input.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]


def lint(files: Files, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Check map files: errors refuse publication, warnings and notes inform.

    Ends with 1 where a file has an error, with 2 where one cannot be read.

    Examples:
        waypost map lint deploy/maps/shop.yaml

        waypost map lint --quiet maps/*.yaml && echo fine

    """
    found: list[dict[str, object]] = []
    worst = 0
    for path in files:
        try:
            problems = lint_text(read_text(path))
        except UnreadableError as error:
            say(f"error: {error}", err=True)
            worst = 2
            continue
        worst = max(worst, int(any(problem.level == "error" for problem in problems)))
        found += [{"file": str(path), **problem_answer(problem)} for problem in problems]
        if not as_json:
            for line in report(path, problems, quiet=quiet):
                say(line)
    if as_json:
        say_json(found)
    raise typer.Exit(worst)


def report(path: Path, problems: Sequence[Problem], *, quiet: bool = False) -> list[str]:
    """Return what people read of one file: a line for each problem, and how it stands."""
    errors = [problem for problem in problems if problem.level == "error"]
    shown = errors if quiet else problems
    rows = [f"{place(path, problem)}: {problem.level}: {problem.text}" for problem in shown]
    if quiet:
        return rows
    counts = [(len([p for p in problems if p.level == level]), level) for level in ("error", "warning", "note")]
    said = ", ".join(counted(number, level) for number, level in counts if number)
    verdict = "may be published" if publishable(problems) else "cannot be published"
    return [*rows, f"{path}: {said or 'nothing to say'}; {verdict}"]


def place(path: Path, problem: Problem) -> str:
    """Return where a problem stands, as editors open it."""
    return f"{path}:{problem.line}" if problem.line else str(path)
