"""Drawn logs in, features out: what the specs of the feature families share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fancare.panel.build import build
from fancare.warehouse.names import column_stem
from tests.drawn_log import Link, config, day, warehouse

AS_OF = 100  # a Tuesday; window w is the days with an age of 0 to w − 1


def ago(
    creator: str | None, fan: str | None, ages: Mapping[int, int], event: str = "broadcast", **more: object
) -> list[dict]:
    """Rows by their age in days on AS_OF: {age: how many events}."""
    who = {"creator": creator, "fan": fan, "event": event}
    return [who | {"day": AS_OF - age, "n": n} | more for age, n in ages.items()]


def features(
    rows: list[dict], entity: str = "creator", links: Iterable[Link] = (), as_of: int = AS_OF, **settings: object
) -> dict[str, dict[str, float | None]]:
    """{id, or creator/fan: {feature: value}} of the cohort on ``as_of``; settings as for `config`.

    Built together with the week before, which must not show.
    """
    with warehouse(rows, links) as made:
        build(made, config(entity, **settings), [day(as_of - 7), day(as_of)], day(as_of))  # type: ignore[arg-type]
        found = made.arrow(f"SELECT * FROM features_{entity} WHERE as_of = @day", {"day": day(as_of)}).to_pylist()
    return {"/".join(filter(None, (row.pop("creator_id"), row.pop("fan_id")))): row for row in found}


def picked(made: Mapping[str, Mapping[str, float | None]], drawn: list[dict]) -> list[dict]:
    """The cells that a drawn table asks for (column ``id`` and feature names), to the table's four decimals."""
    return [{name: row["id"] if name == "id" else _rounded(made[row["id"]][name]) for name in row} for row in drawn]


def shown(
    made: Mapping[str, Mapping[str, float | None]], entity: str, name: str, prefix: str = ""
) -> dict[str, float | None]:
    """What an entity's columns about one event name say, by the rest of their names."""
    stem = f"{prefix}{column_stem(name)}_"
    return {column.removeprefix(stem): _rounded(v) for column, v in made[entity].items() if column.startswith(stem)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
