"""Files as people bring them: encodings, delimiters, broken rows, dates and amounts."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from experiments.problem import Refused, problem
from experiments.tables import amounts, dates
from experiments.tables.amounts import AmountColumn
from experiments.tables.dates import DateColumn, Order
from experiments.tables.refused import RefusedRow, harmless, write_refused
from experiments.tables.table_file import LONGEST_CELL, LONGEST_LINE, TableFile, open_bytes

BERLIN = ZoneInfo("Europe/Berlin")
TEXT = "id;Name\n1;Müller & Söhne\n2;Café Crème\n3;Señor Núñez\n"


def table(text: str, encoding: str = "utf-8") -> TableFile:
    return open_bytes(text.encode(encoding), "deals.csv")


def names(found: TableFile) -> list[str]:
    return [line.cells[1] for line in found.lines()]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_a_table_is_read_in_whatever_western_encoding(encoding: str) -> None:
    found = table(TEXT, encoding)

    assert found.header == ("id", "Name")
    assert names(found) == ["Müller & Söhne", "Café Crème", "Señor Núñez"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1250", "Łódź Źródło, żółty ćma Dvořák"),
        ("cp1251", "Привет мир, Иван Петров"),
        ("cp1253", "Εταιρεία Δοκιμών, Γιώργος"),
        ("cp1256", "شركة الاختبار العربية محمد علي"),
        ("shift_jis", "株式会社テスト東京、田中太郎さん"),
        ("gb18030", "北京科技有限公司，王小明先生"),
    ],
)
def test_other_scripts_are_recognised_by_their_words(encoding: str, name: str) -> None:
    assert names(table(f"id;Name\n1;{name}\n", encoding)) == [name]


def test_one_accent_alone_is_taken_for_the_commonest_encoding() -> None:
    found = table("id,owner\n" + "1,Anna\n" * 900 + "2,Jürgen\n", "cp1252")

    assert found.encoding == "cp1252"
    assert names(found)[-1] == "Jürgen"


def test_a_person_may_know_the_encoding_better() -> None:
    content = "id,owner\n1,Đorđe\n".encode("cp1250")

    assert names(open_bytes(content, "x.csv", encoding="cp1250")) == ["Đorđe"]
    with pytest.raises(Refused, match="No encoding is called latin-x"):
        open_bytes(content, "x.csv", encoding="latin-x")


def test_a_byte_that_the_encoding_does_not_have_names_its_line() -> None:
    content = b"id,owner\n1,Anna\n2,J\xfcrgen\n"

    with pytest.raises(Refused, match=r"Line \d or one after it is not utf-8"):
        list(open_bytes(content, "x.csv", encoding="utf-8").lines())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b" \r\n\n", "The file is empty"),
        (b"a,b\n", "a header and no row"),
        (b" , \n1,2\n", "no header"),
        (b"PK\x03\x04\x14\x00\x06\x00", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 30, "not a text file"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        open_bytes(content, "x.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    found = table(delimiter.join(("id", '"Name, in full"', "Stage")) + "\n1" + delimiter * 2)

    assert found.header == ("id", "Name, in full", "Stage")
    assert [line.cells for line in found.lines()] == [["1", "", ""]]


def test_the_files_own_word_for_its_delimiter_is_believed() -> None:
    found = table("sep=;\nid;a,b,c,d\n1;x\n")

    assert found.header == ("id", "a,b,c,d")
    assert [(line.number, line.cells) for line in found.lines()] == [(3, ["1", "x"])]


def test_rows_keep_the_line_on_which_they_begin() -> None:
    found = table('a,b\n1,x\n\n2,"two\nlines"\n3,y\n')

    assert [(line.number, line.cells[0]) for line in found.lines()] == [
        (2, "1"),
        (4, "2"),
        (6, "3"),
    ]


def test_broken_rows_are_refused_one_by_one() -> None:
    huge = "x" * (LONGEST_CELL + 1)
    enormous = "x" * 200_000
    text = f"a,b\n1\n2,x,y\n3,x,,\n4,{huge}\n5,{enormous}\n6,nul\0\n7,good\n"

    found = {line.number: line for line in table(text).lines()}

    said = {number: str(line.problem) for number, line in found.items() if line.problem}
    assert said[2] == "row: The row has 1 cells, the header 2."
    assert said[3] == "row: The row has 3 cells, the header 2."
    assert said[5] == "row: A cell holds 20001 characters; at most 20000 are read."
    assert "field larger than field limit" in said[6]
    assert said[7] == "row: A cell holds a null character."
    assert sorted(set(found) - set(said)) == [4, 8]
    assert found[4].cells == ["3", "x"]


def test_a_line_without_end_is_not_read_into_memory() -> None:
    with pytest.raises(Refused, match="Line 2 is longer than 1000000 characters"):
        table("a,b\n" + "x" * (LONGEST_LINE + 5))


def test_a_refused_row_comes_back_with_its_reason_and_without_formulas() -> None:
    found = table("id,name\n1,ok\n2,\"=cmd|'/c calc'!A1\"\n3,-5\n4,+49 30 1\n5,@sum\n")
    refused = [
        RefusedRow("deals.csv", line, problem("name", "{word} is bad.", word="=it"))
        for line in (3, 4, 5, 6)
    ]
    stream = io.StringIO()

    assert write_refused(stream, found, refused) == 4

    assert stream.getvalue().splitlines() == [
        "line,reason,id,name",
        "3,'=it is bad.,2,'=cmd|'/c calc'!A1",
        "4,'=it is bad.,3,-5",
        "5,'=it is bad.,4,+49 30 1",
        "6,'=it is bad.,5,'@sum",
    ]
    assert harmless("\t=1") == "'\t=1"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2017-03-01", Order.YMD, "2017-02-28T23:00:00+00:00"),
        ("2017/3/1 4:05", Order.YMD, "2017-03-01T03:05:00+00:00"),
        ("2026-01-02T03:04:05Z", Order.YMD, "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04:05.25+02:00", Order.YMD, "2026-01-02T01:04:05.250000+00:00"),
        ("20-10-16", Order.DMY, "2016-10-19T22:00:00+00:00"),
        ("31/12/1999", Order.DMY, "1999-12-30T23:00:00+00:00"),
        ("1.2.2017, 14:05", Order.DMY, "2017-02-01T13:05:00+00:00"),
        ("2/1/2017 2:05 PM", Order.MDY, "2017-02-01T13:05:00+00:00"),
        ("2/1/2017 12:00 a.m.", Order.MDY, "2017-01-31T23:00:00+00:00"),
        ("1/1/69", Order.DMY, "1968-12-31T23:00:00+00:00"),
    ],
)
def test_a_date_is_read_in_the_companys_zone_unless_it_names_one(
    text: str, order: Order, expected: str
) -> None:
    moment = dates.read(text, order, BERLIN)

    assert moment is not None
    assert moment.at.isoformat() == expected
    assert moment.zoned == ("Z" in text or "+02:00" in text)


@pytest.mark.parametrize("text", ["", "soon", "31-02-17", "2017-13-01", "1/2-2017", "13:00 PM",
                                  "1/1/2017 13:00 PM", "20170301", "0000-01-01"])  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates.readings(text, BERLIN) == {}


def column(*values: str) -> DateColumn:
    made = DateColumn()
    for each in values:
        made.see(each, BERLIN)
    return made


def test_the_columns_values_decide_the_order_of_day_and_month() -> None:
    day_first = column("03/04/2017", "25/04/2017")
    month_first = column("03/04/2017", "04/25/2017", "n/a")
    unclear = column("03/04/2017")

    alone = dates.choose({0: day_first, 1: month_first, 2: unclear})
    assert [alone[at].order for at in (0, 1)] == [Order.DMY, Order.MDY]
    assert not alone[0].doubtful
    assert alone[2] == dates.Chosen(Order.DMY, doubtful=True)

    beside = dates.choose({1: month_first, 2: unclear})
    assert beside[2] == dates.Chosen(Order.MDY, doubtful=False)


def test_a_day_alone_may_mean_any_time_of_it() -> None:
    day = dates.read("2017-03-01", Order.YMD, UTC)
    morning = datetime(2017, 3, 1, 10, tzinfo=UTC)
    next_day = datetime(2017, 3, 2, 0, tzinfo=UTC)

    assert day is not None
    assert day.not_before(morning) == morning
    assert day.not_before(next_day) == day.at


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1054", ".", ("1054", "")),
        ("1,054.50", ".", ("1054.50", "")),
        ("1.054,50", ",", ("1054.50", "")),
        ("$ 1 054", ".", ("1054", "")),
        ("1054 EUR", ".", ("1054", "EUR")),
        ("USD 5.5", ".", ("5.5", "USD")),
        ("1,00,000", ".", ("100000", "")),
        ("-3", ".", ("-3", "")),
        (".5", ".", ("0.5", "")),
    ],
)
def test_an_amount_is_read(text: str, decimal: str, expected: tuple[str, str]) -> None:
    found = amounts.read(text, decimal)

    assert found is not None
    assert (found.number, found.code) == (Decimal(expected[0]), expected[1])


@pytest.mark.parametrize("text", ["", "n/a", "1.05", "1,2,3x", "EUR", "1e5", "9" * 40])
def test_what_is_no_amount_with_a_decimal_comma_is_none(text: str) -> None:
    assert amounts.read(text, ",") is None


def test_the_columns_values_decide_the_decimal_sign() -> None:
    def sign(*values: str, delimiter: str = ",") -> str:
        made = AmountColumn()
        for each in values:
            made.see(each)
        return made.decimal(delimiter)

    assert sign("1.054", "2.054,10") == ","
    assert sign("1,054", "3.5") == "."
    assert sign("1.054.300") == ","
    assert sign("1.054") == "."
    assert sign("1.054", delimiter=";") == ","
