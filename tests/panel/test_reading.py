"""Bytes to tables: nothing is guessed, nothing is lost, and a refusal names the file but no cell of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import TableUnreadable
from riskmodel.panel.reading import find_table, folder_digest, read_chunks, read_table

SECRET = "王小明110101199003070011"
LONG_ID = "110101199003070019"


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


WHOLE = parquet(pa.table({"household_id": [SECRET] * 50}))
GOOD = f"household_id,name\n{SECRET},张\n".encode()
UNREADABLE = {
    "half_gbk.csv": f"household_id,name\n{SECRET},张\n".encode() + f"{SECRET},张\n".encode("gbk"),
    "utf16.csv": GOOD.decode().encode("utf-16"),
    "utf16_without_mark.csv": f"a,b\n{SECRET},1\n".encode("utf-16-le"),
    "latin1.csv": f"a,b\nPeñalosa,{SECRET[3:]}\n".encode("latin-1"),
    "empty.csv": b"",
    "wide.csv": ",".join(f"{SECRET}{place}" for place in range(10_001)).encode(),
    "only_newlines.csv": b"\n\n",
    "only_a_mark.csv": b"\xef\xbb\xbf",
    "row_too_long.csv": f"a,b\n1,2\n{SECRET},1,2\n".encode(),
    "row_too_short.csv": f"a,b\n1,2\n{SECRET}\n".encode(),
    "open_quote.csv": f'a,b\n"{SECRET},2\n3,4\n'.encode(),
    "header_twice.csv": f"a,b,a\n{SECRET},2,3\n".encode(),
    "header_twice_but_a_space.csv": f"a,b, a\n{SECRET},2,3\n".encode(),
    "parquet_named.csv": WHOLE,
    "csv_named.parquet": GOOD,
    "empty.parquet": b"",
    "cut_at_half.parquet": WHOLE[: len(WHOLE) // 2],
    "cut_last_byte.parquet": WHOLE[:-1],
    "damaged_inside.parquet": WHOLE[:4] + bytes(60) + WHOLE[64:],
    "header_twice.parquet": parquet(pa.Table.from_arrays([pa.array([SECRET]), pa.array(["1"])], ["a", "a"])),
    "book.xlsx": GOOD,
    "no_ending": GOOD,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_not_be_read_is_refused_by_name_without_a_cell_of_it(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, UNREADABLE[name])
    with pytest.raises(TableUnreadable) as caught:
        read_table(path)
    message = str(caught.value)
    assert name in message
    assert "\n" not in message
    assert not any(part in message for part in (SECRET, SECRET[:3], SECRET[3:], "Pe\u00f1alosa"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable, match="does not exist"):
        read_table(tmp_path / "households.csv")


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    plain = read_table(written(tmp_path, "plain.csv", GOOD))
    marked = read_table(written(tmp_path, "marked.csv", b"\xef\xbb\xbf" + GOOD))
    quoted = read_table(
        written(tmp_path, "quoted.csv", b"\xef\xbb\xbf" + GOOD.replace(b"household_id", b'"household_id"'))
    )
    pd.testing.assert_frame_equal(plain, marked)
    pd.testing.assert_frame_equal(plain, quoted)
    assert list(plain.columns) == ["household_id", "name"]


IDS = [
    LONG_ID,
    "000000000000000001",
    "007",
    "0",
    "1e5",
    "1.0",
    "2020-01-01",
    "true",
    "NA",
    "None",
    "nan",
    "null",
    "-",
    " 7",
]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_ids_stay_the_text_that_was_written(tmp_path: Path, ending: str) -> None:
    """18 digits do not fit a float, leading zeros no integer, and NA is a place, a name, a code."""
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        path.write_text("household_id,n\n" + "".join(f'"{one}",1\n' for one in IDS), encoding="utf-8")
    else:
        pq.write_table(pa.table({"household_id": IDS, "n": ["1"] * len(IDS)}), path)
    frame = read_table(path)
    assert frame["household_id"].tolist() == IDS
    assert pd.api.types.is_string_dtype(frame["household_id"])


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), min_size=1), min_size=1))
def test_any_text_survives_a_csv(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "t.csv"
    # pandas quotes as spreadsheets do; a second column keeps lines from looking empty
    pd.DataFrame({"a": cells, "b": "x"}).to_csv(path, index=False, quoting=1)
    assert read_table(path)["a"].tolist() == cells


def test_empty_cells_are_missing_and_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "t.csv", b'a,b\r\n,1\r\n"",2\r\n"x\r\ny",3\r\n'))
    assert frame["a"].isna().tolist() == [True, True, False]
    assert frame["b"].tolist() == ["1", "2", "3"]


HEADERS = ['"a,b",c', '"x""y",c', " b,c", '"a\nb",c', "c ,b", "收入,c", '"c","d"']


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_makes_a_column_s_type_be_guessed(tmp_path: Path, header: str) -> None:
    """A name that was parsed otherwise than the table would lose its column's leading zeros."""
    frame = read_table(written(tmp_path, "t.csv", f"{header}\n007,{LONG_ID}\n".encode()))
    assert frame.iloc[0].tolist() == ["007", LONG_ID]


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "t.csv", b"a,b\n"))
    assert (list(frame.columns), len(frame)) == (["a", "b"], 0)


def test_parquet_keeps_its_own_types(tmp_path: Path) -> None:
    table = pa.table({"n": [1.5, None], "d": pa.array([0, 1], pa.date32()), "b": [True, False]})
    frame = read_table(written(tmp_path, "t.parquet", parquet(table)))
    assert frame["n"].dtype == "float64"
    assert frame["b"].dtype == "bool"


class TestFindTable:
    @pytest.mark.parametrize("ending", ["csv", "parquet"])
    def test_finds_either_ending(self, tmp_path: Path, ending: str) -> None:
        path = written(tmp_path, f"events.{ending}", b"")
        assert find_table(tmp_path, "events") == path

    def test_refuses_two_that_may_disagree(self, tmp_path: Path) -> None:
        for ending in ("csv", "parquet"):
            written(tmp_path, f"events.{ending}", b"")
        with pytest.raises(TableUnreadable, match=r"both events\.parquet and events\.csv"):
            find_table(tmp_path, "events")

    def test_a_folder_of_that_name_is_no_table(self, tmp_path: Path) -> None:
        (tmp_path / "events.csv").mkdir()
        assert find_table(tmp_path, "events") is None


def test_the_folder_digest_sees_names_and_bytes_and_no_more(tmp_path: Path) -> None:
    written(tmp_path, "a.csv", b"1")
    written(tmp_path, "b.csv", b"2")
    first = folder_digest(tmp_path)
    (tmp_path / "inner").mkdir()
    assert folder_digest(tmp_path) == first
    written(tmp_path, "b.csv", b"3")
    second = folder_digest(tmp_path)
    written(tmp_path, "b.csv", b"2")
    (tmp_path / "b.csv").rename(tmp_path / "c.csv")
    assert len({first, second, folder_digest(tmp_path)}) == 3


def test_an_index_that_pandas_stored_is_a_column_or_nothing(tmp_path: Path) -> None:
    """Rows filtered in pandas keep an odd index; counted by it, refused rows would be the wrong ones."""
    frame = pd.DataFrame({"household_id": ["a", "b", "c"], "size": [1, 2, 3]}, index=[7, 7, 90])
    frame.to_parquet(tmp_path / "unnamed.parquet")
    frame.set_index("household_id").to_parquet(tmp_path / "named.parquet")
    for name in ("unnamed", "named"):
        read = read_table(tmp_path / f"{name}.parquet")
        assert read.index.tolist() == [0, 1, 2]
        assert sorted(read.columns) == ["household_id", "size"]
        assert read["household_id"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
@pytest.mark.parametrize(
    "text",
    [
        f"household_id,name\n{SECRET},张\n",
        f'户号,姓名\n"{SECRET}","张,\n三"\n',
        "household_id,name\n" + "1,x\n" * 300_000 + f"{SECRET},囍喆\n",
    ],
    ids=["cells", "header and quotes", "far down"],
)
def test_what_chinese_spreadsheets_save_reads_as_its_utf_8_reference(tmp_path: Path, text: str, encoding: str) -> None:
    reference = read_table(written(tmp_path, "reference.csv", text.encode()))
    found = read_table(written(tmp_path, "office.csv", text.encode(encoding)))
    pd.testing.assert_frame_equal(found, reference)


@pytest.mark.parametrize("size", [1, 3, 7, 10, 11, 1000])
@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_chunks_put_together_are_the_table(tmp_path: Path, ending: str, size: int) -> None:
    frame = pd.DataFrame({"household_id": [f"{place:018d}" for place in range(10)], "name": ["张"] * 10})
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "parquet":
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=4)
    else:
        frame.to_excel(path, index=False)
    chunks = list(read_chunks(path, size))
    assert [len(chunk) for chunk in chunks[:-1]] == [size] * (len(chunks) - 1)
    assert all(list(chunk.index) == list(range(len(chunk))) for chunk in chunks)
    together = pd.concat(chunks, ignore_index=True)
    assert together.to_dict("list") == read_table(path).to_dict("list") == frame.to_dict("list")


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_table_without_rows_is_one_chunk_with_its_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    frame = pd.DataFrame({"a": pd.Series(dtype="str"), "b": pd.Series(dtype="str")})
    {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}[ending](path, index=False)
    (chunk,) = read_chunks(path, 5)
    assert (list(chunk.columns), len(chunk)) == (["a", "b"], 0)
