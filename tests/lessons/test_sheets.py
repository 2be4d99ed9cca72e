import pytest

from lessons.sheets import MOST_ROWS, FigureError, read, read_named, shown

ROLES = ("panel", "table")


def test_headings_have_roles_and_readable_names():
    sheet = read("year,death_sentences,Convicted | table\n1937,353074,790665\n", ROLES)

    assert sheet.roles == {"Year": "", "Death sentences": "panel", "Convicted": "table"}
    assert sheet.first == "Year"
    assert sheet.columns("panel") == ["Death sentences"]
    assert sheet.amounts("Death sentences") == [353074]


def test_blank_lines_spaces_and_windows_line_ends_do_no_harm():
    sheet = read("\ufeffYear, A\r\n\r\n 1937 , 5 \r\n,\r\n", ROLES)

    assert sheet.amounts("A") == [5]
    assert sheet.rows[0].line == 3
    assert sheet.rows[0].words("Year") == "1937"


def test_columns_with_set_names_come_in_any_order():
    sheet = read_named("b,a\n1,2\n", ("a", "b"))

    assert sheet.rows[0].cells == {"a": "2", "b": "1"}


@pytest.mark.parametrize(
    ("data", "line", "column", "reason"),
    [
        ("", None, None, "There are no data."),
        ("\n ,\n", None, None, "There are no data."),
        ("Year,A\n", None, None, "There are no rows"),
        ("Year,A\n1937\n", 2, None, "1 cells, but 2 columns"),
        ("Year,A\n1937,1,2\n", 2, None, "3 cells, but 2 columns"),
        ("Year,\n1937,1\n", 1, None, "column 2 has no name"),
        ("Year,a,A\n1937,1,2\n", 1, "A", "two columns of this name"),
        ("Year,A | pie\n1937,1\n", 1, "A", "“pie” is no role here"),
        ("Year | panel,A\n1937,1\n", 1, "Year", "After the first column"),
        ('Year,A\n1937,"1\n', 2, None, "this is not CSV"),
        ("Year,A\n,1\n", 2, "Year", "must not be empty"),
    ],
)
def test_a_fault_is_said_with_its_place(data, line, column, reason):
    with pytest.raises(FigureError) as caught:
        read(data, ROLES)

    fault = caught.value
    assert (fault.line, fault.column) == (line, column)
    assert reason in fault.reason
    assert str(fault).endswith(fault.reason)
    if column:
        assert str(fault).startswith(f"Line {line}, column “{column}”: ")
    elif line:
        assert str(fault).startswith(f"Line {line}: ")


@pytest.mark.parametrize(
    "cell", ["12a", "1 344 923", "1e5", "nan", "--1", "1.2.3", "٣"]
)
def test_what_is_not_a_number_is_said(cell):
    with pytest.raises(FigureError, match=r"Line 2, column “A”: “.+” is not a number"):
        read(f"Year,A\n1937,{cell}\n", ROLES).amounts("A")


def test_a_number_with_commas_is_said():
    with pytest.raises(FigureError, match="Numbers are plain digits, as in 1344923"):
        read('Year,A\n1937,"1,344,923"\n', ROLES).amounts("A")


def test_a_negative_number_is_said():
    with pytest.raises(FigureError, match="less than 0"):
        read("Year,A\n1937,-5\n", ROLES).amounts("A")


def test_bounds_are_said():
    row = read("Year,A\n1937,95\n", ROLES).rows[0]

    assert row.between("A", 0, 95) == 95
    with pytest.raises(FigureError, match="must be from 0 to 90"):
        row.between("A", 0, 90)


def test_too_many_rows_are_said():
    rows = "".join(f"{number},1\n" for number in range(MOST_ROWS + 1))

    with pytest.raises(FigureError, match=f"Line {MOST_ROWS + 2}: there are more"):
        read("Year,A\n" + rows, ROLES)


def test_too_few_columns_are_said():
    with pytest.raises(FigureError, match="0 columns have the role panel"):
        read("Year,A | table\n1937,1\n", ROLES).columns("panel")
    with pytest.raises(FigureError, match="must be 2 to 3"):
        read("Year,A\n1937,1\n", ROLES).columns("panel", least=2, most=3)


@pytest.mark.parametrize(
    ("data", "column", "reason"),
    [
        ("a\n1\n", "b", "missing"),
        ("a,b,c\n1,2,3\n", "c", "no place here"),
        ("a,b,b\n1,2,3\n", "b", "no place here"),
    ],
)
def test_set_names_are_kept_to(data, column, reason):
    with pytest.raises(FigureError, match=f"Line 1, column “{column}”: .*{reason}"):
        read_named(data, ("a", "b"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1344923", "1,344,923"),
        ("0", "0"),
        ("0.95", "0.95"),
        ("1234.50", "1,234.50"),
        ("00447", "00447"),
        ("-5000", "-5000"),
        ("several", "several"),
        ("", "–"),
    ],
)
def test_a_table_shows(cell, words):
    assert shown(cell) == words
