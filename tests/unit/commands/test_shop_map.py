"""The shipped map of the shop against the shop's real log: who came to its end, and who ordered twice."""

import csv
import gzip
import json
from collections import Counter

from typer.testing import CliRunner

from tests.shared_data import ROOT, shared_path
from waypost.cli import app

LOG = "data/shop_sessions.csv.gz"


def test_who_came_to_the_end_ordered_twice_and_hardly_anybody_who_did_is_missing() -> None:
    with gzip.open(shared_path(LOG), "rt") as stream:
        orders = Counter(row["user_id"] for row in csv.DictReader(stream) if row["event"] == "purchase")
    words = ["replay", "--map", str(ROOT / "deploy/maps/shop.yaml"), "--log", str(shared_path(LOG)), "--json"]
    journeys = json.loads(CliRunner().invoke(app, [*words, "--journeys"]).stdout)["journeys"]
    ended = {journey["ids"][0] for journey in journeys if journey["state"] == "completed"}
    twice = {f"user:{who}" for who, count in orders.items() if count > 1}
    assert ended <= twice
    assert (len(ended), len(twice)) == (99, 104)  # of five the log has the first order before anything was in the cart
