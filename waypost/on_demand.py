"""Commands by name, each imported when it is asked for: what one of them needs costs the others nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

Table = Mapping[str, "str | Family"]  # by name: `module.function` in waypost/commands, or commands of their own


@dataclass(frozen=True, slots=True)
class Family:
    """Commands under one word. `unless_told` goes without saying: it takes what is no command of theirs."""

    help: str
    commands: Table
    unless_told: str = ""


class OnDemand(Mapping[str, Any]):
    """The commands of a table as Typer's own, made when they are looked at."""

    def __init__(self, table: Table) -> None:
        """Know where they are."""
        self._table = table

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (the library's own)
        """Return a command."""
        what = self._table[name]
        if isinstance(what, Family):
            return Group(what.commands, what.unless_told, name=name, help=what.help, no_args_is_help=True)
        module, _, function = what.partition(".")
        alone = typer.Typer(add_completion=False)
        alone.command(name)(getattr(import_module(f"waypost.commands.{module}"), function))
        return get_command(alone)

    def __iter__(self) -> Iterator[str]:
        """Yield the names, in the order of the table."""
        return iter(self._table)

    def __len__(self) -> int:
        """Count them."""
        return len(self._table)


class Group(TyperGroup):
    """Commands of a table."""

    def __init__(self, table: Table, unless_told: str = "", **attributes: Any) -> None:  # noqa: ANN401 (the library's)
        """Take the table in the place of commands that are there already."""
        super().__init__(**attributes)
        self.commands = OnDemand(table)  # type: ignore[assignment] # nobody adds to it
        self.unless_told = unless_told

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (the library's own)
        """Put the command in that goes without saying."""
        if self.unless_told and args and args[0] not in self.commands and args[0] != "--help":
            args = [self.unless_told, *args]
        return super().parse_args(ctx, args)
