"""`waypost migrate`: the newest schema without starting anything."""

from waypost.commands.options import DATA, Data, settings_for
from waypost.folder import make_folder, prepare
from waypost.printing import say
from waypost.up import take_folder


def migrate(data: Data = DATA) -> None:
    """Bring every database of a data folder to the newest schema, creating what is missing; `up` does this too.

    Example: waypost migrate --data waypost-data
    """
    settings = settings_for(data)
    make_folder(settings.data)
    with take_folder(settings.data):
        prepare(settings)
    say(f"The databases in {settings.data} have the newest schema.")
