"""A process that appends to a SQL log and prints what was acknowledged: to be run next to others, and to be killed."""

import sys
from pathlib import Path

from shared.log.event_log import Append, NewRecord
from shared.log.sql_log import SqlLog


def main(path: str, name: str, count: int) -> None:
    log = SqlLog(Path(path))
    for number in range(count):
        value = f"{name}:{number}"
        pair = [NewRecord(name.encode(), value.encode()), NewRecord(name.encode(), b"x" * (number % 7000))]
        log.append([Append("shared", pair), Append("echo", pair[:1])])
        print(value, flush=True)  # noqa: T201 (acknowledged to the test that started this)
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
