"""A faulty programme is refused with every fault of it, each with its path, its rule and a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import DATA
from helpers.tinyland import Row, Words, altered, faults_of_file
from riskmodel.errors import NotFound, ProgrammeInvalid
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.settings import CHECKOUT

SHIPPED = [DATA / "tiny" / "tiny.yaml", *sorted((CHECKOUT / "configs").glob("*.yaml"))]


@dataclass(frozen=True)
class Case:
    """One change to tinyland, and the one fault it must bring."""

    what: str
    where: str
    rule: str
    edit: Callable[[Words], object] | None = None
    change: dict[str, Row] = field(default_factory=dict)
    add: tuple[Row, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    names: str = ""
    also: frozenset[str] = frozenset()


def put(path: str, value: object) -> Callable[[Words], None]:
    """Return an edit that sets the word at a dotted path."""

    def edit(words: Words) -> None:
        *folders, last = path.split(".")
        for name in folders:
            words = words[int(name)] if isinstance(words, list) else words[name]
        words[int(last) if isinstance(words, list) else last] = value

    return edit


def event_outcome(**words: object) -> Callable[[Words], None]:
    base = {"kind": "event_within", "events": ["illness"], "horizons_months": [12], "main_horizon_months": 12}
    return put("outcome", base | words)


LISTED = {"name": "listed_count", "from": "events.listed", "how": "count", "months": "12"}
WOMEN = {"name": "women", "from": "households.head_female", "how": "value", "group": "household"}
LINES_SHORT = "area_code,period,line\nnorth,2014,1\nnorth,2015,1\nnorth,2016,1\nnorth,2017,1\nnorth,2018,1\n"

YAML_CASES = [
    Case("unknown key", "tiny.yaml: outcom", "unknown_key", put("outcom", {})),
    Case("unknown nested key", "tiny.yaml: welfare.unit", "unknown_key", put("welfare.unit", "size")),
    Case("unknown key in a list", "tiny.yaml: bands.1.share", "unknown_key", put("bands.1.share", 1)),
    Case("missing key", "tiny.yaml: currency", "missing_key", lambda words: words.pop("currency")),
    Case("wrong type", "tiny.yaml: folds.step_months", "int_parsing", put("folds.step_months", "yearly")),
    Case("unknown grain", "tiny.yaml: welfare.grain", "enum", put("welfare.grain", "week")),
    Case("unknown outcome", "tiny.yaml: outcome", "union_tag_invalid", put("outcome.kind", "status")),
    Case("capacity twice", "tiny.yaml: capacity", "value_error", put("capacity.households", 5)),
    Case("capacity of nothing", "tiny.yaml: capacity.share", "greater_than", put("capacity.share", 0)),
    Case("no bands", "tiny.yaml: bands", "too_short", put("bands", [])),
    Case("a rule without conditions", "tiny.yaml: rules.0.when", "too_short", put("rules.0.when", [])),
    Case(
        "a condition without bound",
        "tiny.yaml: rules.0.when.0",
        "value_error",
        put("rules.0.when", [{"feature": "land"}]),
        also=frozenset({"too_short"}),
    ),
    Case("name that is no file name", "tiny.yaml: name", "string_pattern_mismatch", put("name", "../tiny")),
    Case("horizons descend", "tiny.yaml: outcome.status_at", "value_error", put("outcome.horizons_months", [24, 12])),
    Case("horizons repeat", "tiny.yaml: outcome.status_at", "value_error", put("outcome.horizons_months", [12, 12])),
    Case("no horizon", "tiny.yaml: outcome.status_at.horizons_months", "too_short", put("outcome.horizons_months", [])),
    Case(
        "main horizon elsewhere", "tiny.yaml: outcome.status_at", "value_error", put("outcome.main_horizon_months", 6)
    ),
    Case("missing file", "tiny.yaml: dictionary", "missing_file", put("dictionary", "none.csv"), names="none.csv"),
    Case("missing area file", "tiny.yaml: areas.file", "missing_file", put("areas.file", "none.csv")),
]

CROSS_CASES = [
    Case(
        "unknown welfare column",
        "welfare.column",
        "unknown_column",
        put("welfare.column", "observations.pay"),
        names="observations.pay",
    ),
    Case(
        "unknown welfare units",
        "welfare.units",
        "unknown_column",
        put("welfare.units", "heads"),
        names="observations.heads",
    ),
    Case("unknown weight", "weight", "unknown_column", put("weight", "observations.weight")),
    Case(
        "unknown column that must stay",
        "outcome.same",
        "unknown_column",
        put("outcome.same", [{"column": "age"}]),
        names="observations.age",
    ),
    Case("unknown event", "outcome.events", "unknown_column", event_outcome(events=["flood"]), names="events.flood"),
    Case(
        "unknown censoring",
        "outcome.events",
        "unknown_column",
        event_outcome(censored_by=["left"]),
        names="events.left",
    ),
    Case(
        "unknown spell",
        "cohort.outside_spell",
        "unknown_column",
        put("cohort.outside_spell", {"opened_by": "listed", "closed_by": "freed"}),
        names="events.freed",
    ),
    Case("unknown exit", "cohort.gone_after", "unknown_column", put("cohort.gone_after", ["left"])),
    Case("unknown leak", "leaks", "unknown_column", put("leaks", ["events.lister"]), names="events.lister"),
    Case(
        "mapped to an unknown column",
        "tables.households.columns",
        "unknown_column",
        put("tables.households.columns.x", "roof"),
        names="households.roof",
    ),
    Case(
        "unknown feature in a rule",
        "rules.near_line",
        "unknown_feature",
        put("rules.0.when.0.feature", "incom"),
        names="incom",
    ),
    Case(
        "a code of two rules",
        "rules.ill",
        "repeated",
        put("rules.0.code", "ill"),
        names="2 rules",
    ),
    Case(
        "two bounds for one area and date",
        "rules.near_line",
        "repeated",
        put("rules.0.when.0.by", [{"area": "n1", "from": dt.date(2020, 1, 1), "at_most": bound} for bound in (1, 2)]),
        names="area n1 from 2020-01-01",
    ),
    Case(
        "two bounds for one date",
        "rules.near_line",
        "repeated",
        put("rules.0.when.0.by", [{"from": dt.date(2020, 1, 1), "at_most": bound} for bound in (1, 2)]),
        names="everywhere",
    ),
    Case(
        "a bound for an unknown area",
        "rules.near_line",
        "unknown_area",
        put("rules.0.when.0.by", [{"area": "n9", "at_most": 1}]),
        names="n9",
    ),
    Case(
        "a bound by area in a measure",
        "measures.clinic",
        "by",
        put("measures.1.only_if.0.by", [{"area": "n1", "at_least": 2}]),
    ),
    Case(
        "a bound by area in a deprivation",
        "baselines.deprivations.landless",
        "by",
        put("baselines.deprivations.0.when.0.by", [{"area": "n1", "at_most": 1}]),
    ),
    Case(
        "unknown feature in a measure", "measures.clinic", "unknown_feature", put("measures.1.only_if.0.feature", "ill")
    ),
    Case("unknown feature in a baseline", "baselines.welfare", "unknown_feature", put("baselines.welfare", "pay")),
    Case(
        "unknown audit column",
        "audit_groups.head_female",
        "unknown_column",
        put("audit_groups.0.column", "households.sex"),
    ),
    Case(
        "personal audit column", "audit_groups.head_female", "personal", change={"head_female": {"privacy": "personal"}}
    ),
    Case(
        "unknown group of a measure",
        "measures.cash",
        "unknown_group",
        put("measures.0.group", "wealth"),
        names="wealth",
    ),
    Case("unknown group of welfare", "welfare.group", "unknown_group", put("welfare.group", "wealth")),
    Case(
        "leak list, origin",
        "dictionary.cost_to_income",
        "leak",
        put("leaks", ["events.listed", "observations.size"]),
        change={"cost_to_income": {"of": "observations.size"}, "persons": {"from": "observations.income_tin"}},
        names="observations.size",
    ),
    Case("bands do not end at all", "bands", "bands", put("bands.2.top_share", 0.9)),
    Case("bands descend", "bands", "bands", put("bands.0.top_share", 0.5)),
    Case("bands repeat", "bands", "bands", put("bands.0.top_share", 0.3)),
    Case("no label in a language: title", "title", "missing_label", put("title", {"en": "T"}), names="zh"),
    Case(
        "no label in a language: group",
        "groups.health",
        "missing_label",
        put("groups.health", {"zh": "健康"}),
        names="en",
    ),
    Case("no label in a language: band", "bands.high", "missing_label", put("bands.0.label", {"en": "High", "zh": ""})),
    Case(
        "bounds of a category", "rules.near_line", "type", put("rules.0.when.0.feature", "home_kind"), names="home_kind"
    ),
    Case("welfare may be absent", "tables.observations", "optional", put("tables.observations.optional", True)),
    Case("no label in a language: rule", "rules.ill", "missing_label", put("rules.1.label", {})),
    Case("no label in a language: measure", "measures.cash", "missing_label", put("measures.0.label", {"en": "Cash"})),
    Case(
        "no label in a language: audit group",
        "audit_groups.head_female",
        "missing_label",
        put("audit_groups.0.label", {"zh": "x"}),
    ),
    Case(
        "no label of a derived column",
        "welfare.labels.poor",
        "missing_label",
        put("welfare.labels.poor", {"en": "Poor"}),
    ),
    Case(
        "two tables of events",
        "tables",
        "table_kind",
        put("tables.more", {"kind": "events"}),
        also=frozenset({"table_name"}),
    ),
    Case("a table by another name", "tables.homes", "table_name", put("tables.homes", {"kind": "areas"})),
    Case(
        "observations without grain",
        "tables.observations",
        "missing_key",
        lambda words: words["tables"]["observations"].pop("grain"),
    ),
    Case(
        "a column of no table",
        "tables",
        "unknown_table",
        add=({"name": "rain", "table": "weather", "type": "number", "group": "area"},),
        names="weather.rain",
    ),
    Case(
        "horizon of half a year, status of a year",
        "outcome.horizons_months",
        "horizon",
        put("outcome.horizons_months", [6, 12]),
        names="year",
    ),
    Case("lines empty", "lines", "missing_lines", files={"lines.csv": "area_code,period,line\n"}),
    Case("line of one period in use missing", "lines", "missing_lines", files={"lines.csv": LINES_SHORT}, names="2019"),
    Case(
        "line before the first origin missing",
        "lines",
        "missing_lines",
        put("folds.first_origin", dt.date(2013, 1, 1)),
        names="2012",
    ),
    Case(
        "line of the longest horizon missing",
        "lines",
        "missing_lines",
        put("outcome.horizons_months", [12, 24, 36]),
        names="2021",
    ),
]


@pytest.mark.parametrize("case", [*YAML_CASES, *CROSS_CASES], ids=lambda case: case.what)
def test_each_fault_is_named_by_place_and_rule(tmp_path: Path, case: Case) -> None:
    faults = faults_of_file(altered(tmp_path, case.edit, case.change, case.add, files=case.files))
    hits = [
        fault
        for fault in faults
        if fault.rule == case.rule and fault.where.removeprefix("tiny.yaml: ") == case.where.removeprefix("tiny.yaml: ")
    ]
    assert hits, [str(fault) for fault in faults]
    assert {fault.rule for fault in faults} - case.also == {case.rule}, [str(fault) for fault in faults]
    assert all(fault.where.startswith("tiny.yaml") for fault in faults)
    assert case.names in hits[0].message


def test_a_line_is_reported_per_area_and_period(tmp_path: Path) -> None:
    faults = faults_of_file(
        altered(tmp_path, files={"lines.csv": "area_code,period,line\nnorth,2014,1\nsouth,2016,1\n"})
    )
    assert len(faults) == 2 * 6 - 2  # 2014 to 2019, two areas, two given
    assert any("area south has no line for 2014" in fault.message for fault in faults)


def test_all_faults_of_a_file_come_together(tmp_path: Path) -> None:
    """Who corrects a programme must not be sent back once per mistake."""

    def edit(words: Words) -> None:
        words["bands"][2]["top_share"] = 0.9
        words["measures"][0]["group"] = "wealth"
        words["baselines"]["welfare"] = "pay"
        del words["title"]["zh"]

    path = altered(
        tmp_path,
        edit,
        change={"home_kind": {"direction": "more"}, "land": {"direction": "more"}},
        add=[LISTED, WOMEN],
        files={"lines.csv": "area_code,period,line\nnorth,2014,x\nnorth,2014,-1\n"},
    )
    with pytest.raises(ProgrammeInvalid) as caught:
        load_programme(path)
    rules = {fault.rule for fault in caught.value.faults}
    assert rules >= {
        "bands", "unknown_group", "unknown_feature", "missing_label", "contradicting_direction", "leak", "protected",
        "not_a_number", "range", "missing_lines",
    }  # fmt: skip
    message = str(caught.value)
    assert message.startswith("programme tinyland: ")
    assert "tiny.yaml: bands" in message
    assert "dictionary.csv:" in message
    assert "lines.csv:2" in message


def test_several_faults_of_the_yaml_alone_come_together(tmp_path: Path) -> None:
    def edit(words: Words) -> None:
        words["outcom"] = 1
        words["welfare"]["unit"] = "x"
        del words["currency"]

    faults = faults_of_file(altered(tmp_path, edit))
    assert sorted((fault.where, fault.rule) for fault in faults) == [
        ("tiny.yaml: currency", "missing_key"),
        ("tiny.yaml: outcom", "unknown_key"),
        ("tiny.yaml: welfare.unit", "unknown_key"),
    ]


@pytest.mark.parametrize("text", ["name: [", "- a\n- b\n", "just text", "", "a: !!python/object/apply:os.getcwd []\n"])
def test_what_is_no_yaml_mapping_is_refused_and_never_executed(tmp_path: Path, text: str) -> None:
    faults = faults_of_file(altered(tmp_path, files={"tiny.yaml": text}))
    assert [fault.rule for fault in faults] == ["not_yaml"]


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    """YAML's own rule is that the last one wins: a second ``leaks:`` would empty the leak list without a word."""
    text = (DATA / "tiny" / "tiny.yaml").read_text(encoding="utf-8") + "leaks: []\n"
    faults = faults_of_file(altered(tmp_path, files={"tiny.yaml": text}))
    assert [fault.rule for fault in faults] == ["not_yaml"]
    assert "leaks" in faults[0].message


def test_yaml_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = altered(tmp_path)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    assert [fault.rule for fault in faults_of_file(path)] == ["not_yaml"]


@pytest.mark.parametrize("name", ["dictionary.csv", "lines.csv", "categories.csv", "areas.csv"])
def test_a_table_in_another_encoding_is_refused(tmp_path: Path, name: str) -> None:
    path = altered(tmp_path)
    (tmp_path / name).write_bytes("名,b\n张,1\n".encode("gbk"))
    assert [fault.rule for fault in faults_of_file(path)] == ["unreadable_table"]


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    path = altered(tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert load_programme(path) == load_programme(DATA / "tiny" / "tiny.yaml")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_ships_has_no_fault(path: Path) -> None:
    assert faults_of_file(path) == ()


def test_an_event_outcome_needs_no_lines_after_its_last_test(tmp_path: Path) -> None:
    lines = "area_code,period,line\n" + "".join(f"north,{year},100\n" for year in range(2014, 2019))
    assert faults_of_file(altered(tmp_path, event_outcome(), files={"lines.csv": lines})) == ()


class TestFindProgramme:
    def test_by_name(self) -> None:
        assert find_programme("tiny", DATA / "tiny") == DATA / "tiny" / "tiny.yaml"

    def test_by_path(self, tmp_path: Path) -> None:
        assert find_programme(str(DATA / "tiny" / "tiny.yaml"), tmp_path) == DATA / "tiny" / "tiny.yaml"

    def test_an_unknown_name_lists_the_known(self) -> None:
        with pytest.raises(NotFound, match=r"'tinny'.*\(tiny\)"):
            find_programme("tinny", DATA / "tiny")


@pytest.mark.parametrize("areas", ["areas.csv", ""])
def test_bounds_by_area_and_date_load(tmp_path: Path, areas: str) -> None:
    """Without a table of areas they come with the data, and any code may be one of them."""
    code = "n1" if areas else "elsewhere"
    by = [{"area": code, "at_most": 1}, {"area": code, "from": dt.date(2020, 1, 1), "at_most": 2}]

    def edit(words: Words) -> None:
        put("rules.0.when.0.by", by)(words)
        put("areas.file", areas)(words)

    programme = load_programme(altered(tmp_path, edit))
    first, second = programme.file.rules[0].when[0].by
    assert (first.since, second.since) == (None, dt.date(2020, 1, 1))
    assert programme.file.alerts.cooldown_days == 90


def test_days_begin_where_the_programme_is_at_home(tmp_path: Path) -> None:
    """What comes at seven in the morning is recorded on that day, although in UTC it is still the day before."""
    programme = load_programme(altered(tmp_path, put("time_zone", "Asia/Shanghai")))
    morning = dt.datetime(2020, 5, 3, 23, 30, tzinfo=dt.UTC)
    assert programme.day_of(morning) == dt.date(2020, 5, 4)
    assert load_programme(DATA / "tiny" / "tiny.yaml").day_of(morning) == dt.date(2020, 5, 3)


@pytest.mark.parametrize("name", ["Asia/Atlantis", "", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_is_not_known_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProgrammeInvalid) as caught:
        load_programme(altered(tmp_path, put("time_zone", name)))
    assert "time zone" in str(caught.value.faults[0])


def test_only_what_may_be_tried_out_is_limited(tmp_path: Path) -> None:
    found = faults_of_file(altered(tmp_path, put("reviewing", {"try_out_at_most": {"land": "persons"}})))
    assert any("land, which try_out does not name" in fault.message for fault in found)


def test_what_reviewers_go_by_names_known_features_and_has_words(tmp_path: Path) -> None:
    reviewing = {
        "try_out": ["income", "nonsense"],
        "try_out_at_most": {"income": "nothing"},
        "without_labour": [{"feature": "nobody", "at_most": 0}],
        "ending": {"checks": [{"code": "income", "label": {"en": "x"}, "when": [{"feature": "gone", "at_least": 1}]}]},
        "income_growth": {
            "column": "observations.nothing",
            "references": [
                {"code": "gdp", "label": {"en": "x", "zh": "x"}, "source": {"en": "Office"}, "growth": {2020: 0.1}}
            ],
        },
        "visited_by": ["listed", "knocked"],
    }
    found = faults_of_file(altered(tmp_path, put("reviewing", reviewing)))
    places = {(fault.where.rpartition(": ")[2], fault.rule) for fault in found}
    assert {
        ("reviewing.try_out", "unknown_feature"),
        ("reviewing.try_out_at_most", "unknown_feature"),
        ("reviewing.without_labour", "unknown_feature"),
        ("reviewing.ending.income", "unknown_feature"),
        ("reviewing.ending.income", "missing_label"),
        ("reviewing.income_growth", "unknown_column"),
        ("reviewing.income_growth.gdp.source", "missing_label"),
        ("reviewing.visited_by", "unknown_column"),
    } <= places


@pytest.mark.parametrize("codes", [("income", "income"), ("income", "able_to_work")])
def test_each_check_before_monitoring_ends_has_a_code_of_its_own(tmp_path: Path, codes: tuple[str, str]) -> None:
    """What a proposal says of one check would else be read as said of another, or of who can work."""
    checks = [{"code": one, "label": {"en": "x", "zh": "x"}} for one in codes]
    found = faults_of_file(altered(tmp_path, put("reviewing", {"ending": {"checks": checks}})))
    assert any("needs a code of its own" in fault.message for fault in found)
