"""Lists and single households agree on who may see what, whichever database answers."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import scope_path
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import within
from riskmodel.service.store.tables import areas

CODE = st.from_regex(r"[AaBb01._-]{1,3}", fullmatch=True)


@st.composite
def trees(draw: st.DrawFn) -> list[str]:
    """Draw areas below one another: the path of each, those above it being among them."""
    codes = draw(st.lists(CODE, min_size=1, max_size=8, unique=True))
    paths: list[str] = []
    for code in codes:
        above = draw(st.sampled_from(["/", *paths]))
        paths.append(f"{above}{code}/")
    return paths


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(paths=trees(), unknown=CODE)
def test_a_list_holds_exactly_what_may_be_seen(store: Store, paths: list[str], unknown: str) -> None:
    rows = [
        {"area_code": path.split("/")[-2], "parent": "", "level": "any", "path": path, "names": {}} for path in paths
    ]
    with store.writing() as connection:
        connection.execute(delete(areas))
        connection.execute(insert(areas), rows)
        for code in ["", unknown, *(row["area_code"] for row in rows)]:
            limited = Principal("user", "li", None, frozenset(), str(code))
            own = scope_path(connection, limited)
            listed = set(connection.execute(select(areas.c.path).where(within(areas.c.path, own))).scalars())
            assert listed == {path for path in paths if code == "" or code in path.strip("/").split("/")}, code
