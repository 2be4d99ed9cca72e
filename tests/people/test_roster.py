"""The rules of rosters, each by an example that was worked out by hand."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from people import roster, roster_file
from people.roster_letter import end, head
from people.roster_match import Known, Names, School, class_words
from people.roster_plan import Plan, Usernames, make_plan

MONDAY = datetime.date(2026, 9, 7)
HI1, HI2 = ("10b/hi1", 2028), ("10b/hi2", 2028)
HEADINGS = "UPN,Adno,Surname,Forename,Year,Class\n"
NOOR_UPN, SAM_UPN = "X801400121001", "L801400121002"


def known(username, first, last, **fields):
    names = fields.pop("names", Names(first, "", last))
    values = {
        "upn": "", "admission": "", "classes": frozenset({HI1}), "is_open": True,
        "has_left": False, "roster": names, "roster_classes": frozenset({HI1}),
        **fields,
    }  # fmt: skip
    return Known(hash(username), username, names, **values)


def plan_of(text, *students, classes=(HI1,), choices=None, cohort=None, only=""):
    school = School(
        list(students),
        frozenset(student.username for student in students),
        {key: key[0].upper() for key in classes},
    )
    lines = roster.read(text.encode(), only)
    return make_plan(lines, school, MONDAY, choices or {}, cohort, only)


def fault_of(text):
    with pytest.raises(roster.FileError) as caught:
        roster.read(text if isinstance(text, bytes) else text.encode())
    return str(caught.value)


def refusal_of(row, headings="UPN,Adno,Surname,Forename,Year,Class,Leaving Date"):
    found = roster.read(f"{headings}\n{row}\n".encode()).refusals
    return (found[0].column, found[0].reason) if found else None


@pytest.mark.parametrize(
    ("upn", "says"),
    [
        # 8*2+0*3+1*4+4*5+0*6+0*7+1*8+2*9+1*10+0*11+0*12+1*13 = 89 = 3*23+20: X.
        ("X801400121001", ""),
        ("A801400121001", "typing error"),
        # The A at its end counts 0: 76 = 3*23+7: H.
        ("H80140012100A", ""),
        ("X80140012100", "12 characters"),
        ("I801400121001", "not a letter and twelve digits"),
        ("X80140012100I", "not a letter and twelve digits"),
        ("XA01400121001", "not a letter and twelve digits"),
        ("X٨01400121001", "not a letter and twelve digits"),
    ],
)
def test_upn(upn, says):
    found = roster.check_upn(upn)
    assert says in found
    assert bool(found) == bool(says)


@pytest.mark.parametrize(
    ("year", "day", "summer"),
    [(10, "2026-09-07", 2028), (11, "2026-09-07", 2027), (11, "2027-07-31", 2027),
     (10, "2027-08-01", 2029), (7, "2026-12-24", 2031)],
)  # fmt: skip
def test_exam_year(year, day, summer):
    assert roster.exam_year(year, datetime.date.fromisoformat(day)) == summer


@pytest.mark.parametrize(
    ("name", "year"),
    [("10B/Hi1", 10), ("11X/Hi2", 11), ("Y10 Hist Set 3", 10), ("Year 9A", 9),
     ("9HI-A", 9), ("100/Hi", None), ("Rome", None), ("12A", None), ("Hist 10", None)],
)  # fmt: skip
def test_the_year_in_a_classs_name(name, year):
    assert roster.year_in_class(name) == year


@pytest.mark.parametrize(
    ("names", "taken", "expected"),
    [
        (("Noor", "", "Fletcher"), (), "nfletcher28"),
        (("Noor", "", "Fletcher"), ("nfletcher28",), "nofletcher28"),
        (("Samuel", "Zed", "Test"), (), "ztest28"),
        (("Al", "", "Li"), ("ali28", "alli28"), "ali28-2"),
        (("Al", "", "Li"), ("ali28", "alli28", "ali28-2"), "ali28-3"),
        (("Łukasz", "", "Świątek-Ørsted"), (), "lswiatekorsted28"),
        (("明", "", "李"), (), "student28"),
        (("明", "", "李"), ("student28",), "student28-2"),
        (("Ann", "", "李"), (), "ann28"),
        (("明", "", "Li"), (), "li28"),
        (("A", "", "Wolfeschlegelsteinhausen"), (), "awolfeschlegelsteinha28"),
    ],
)
def test_user_names(names, taken, expected):
    assert Usernames(taken).make(Names(*names), 2028) == expected


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",,Fletcher,Noor,Year 10,10B/Hi1,", None),
        (",,Fletcher,Noor,Yr. 10,10B/Hi1,2026-12-01 00:00:00", None),
        (",,Fletcher,Noor,Reception,10B/Hi1,", "Year"),
        (",,Fletcher,Noor,10,10B/Hi1,soon", "Leaving Date"),
        (f",{'9' * 21},Fletcher,Noor,10,10B/Hi1,", "Adno"),
        (f",,{'F' * 61},Noor,10,10B/Hi1,", "Surname"),
        (",,,Noor,10,10B/Hi1,", "Surname"),
        (",,Fletcher,Noor,10,;,", "Class"),
        (",,Fletcher,Noor,10,-,", "Class"),
        (",0000,Fletcher,Noor,10,10B/Hi1,", None),
        (",,Nuñez,Zoë,10,10B/Hi1,", None),
    ],
)
def test_what_a_line_is_refused_for(row, column):
    found = refusal_of(row)
    assert (found and found[0]) == column


@pytest.mark.parametrize(
    ("known_as", "last", "names"),
    [
        ("Sam Test", "Test", ("Samuel", "Sam", "Test")),
        ("Sam", "Test", ("Samuel", "Sam", "Test")),
        ("Sam Jones", "Test", ("Samuel", "Sam", "Jones")),
        ("Samuel Test", "Test", ("Samuel", "", "Test")),
        ("", "Test", ("Samuel", "", "Test")),
    ],
)
def test_a_column_known_as(known_as, last, names):
    text = f"First Name,Last Name,Known as,Class\nSamuel,{last},{known_as},10B\n"
    line = roster.read(text.encode()).lines[0]
    assert (line.first, line.preferred, line.last) == names


def test_names_in_one_column_without_a_comma():
    line = roster.read(b"Name,Class\nLudwig van Beethoven,10B\n").lines[0]
    assert (line.first, line.last) == ("Ludwig", "van Beethoven")
    assert refusal_of(",10B", "Name,Class") == ("Name", "The name is missing.")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("Surname,Forename\nA,B\n", "No column says the class"),
        ("<html><table>", "web page"),
        ("{\\rtf1}", "text document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "another kind"),
        (b"PK\x05\x06" + bytes(18), "another kind"),
        ('Surname,Forename,Class\n"' + "A" * 140_000, "quotation mark in line 2"),
        ("Surname,Forename,Class\n@A1,Noor,10B\n", "line 2, column “Surname”, holds"),
        ("Surname,Forename,Class\n＝A1,Noor,10B\n", "holds a formula"),
        (b"x" * (roster_file.LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_no_file_may_be(data, says):
    assert says in fault_of(data)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    data = "Surname,Forename,Class\r\nNuñez,Zoë,10B\r\n".encode(encoding)
    assert roster.read(data).lines[0].last == "Nuñez"


def workbook(*sheets):
    book = Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_sheet_with_the_headings_is_read():
    list_of = [["Surname", "Forename", "Class", "Year"], ["Li", "Wei", "10B", 10.0]]
    found = roster.read(workbook([["Notes"]], list_of, [["More notes", None]]))
    assert (found.lines[0].last, found.lines[0].year) == ("Li", 10)


def test_a_large_number_of_a_workbook_is_no_fraction():
    heads = ["Adno", "Surname", "Forename", "Class"]
    found = roster.read(workbook([heads, [1e16, "Li", "Wei", "10B"]]))
    assert found.lines[0].admission == "10000000000000000"


def test_a_sheet_of_too_many_lines_is_refused():
    rows = [["Surname", "Forename", "Class"]] + [["Li", "Wei", "10B"]] * 20_000
    assert "more than 20,000 lines" in fault_of(workbook(rows))


def test_a_text_of_just_enough_lines_is_read():
    lines = ["Surname,Forename,Class"] + ["Li,Wei,10B"] * (roster_file.MOST_ROWS - 1)
    assert len(roster.read("\n".join(lines).encode()).lines) == 19_999


def test_a_text_of_one_line_more_is_refused(monkeypatch):
    monkeypatch.setattr(roster_file, "MOST_ROWS", 20)
    lines = ["Surname,Forename,Class"] + ["Li,Wei,10B"] * 20
    assert "more than 20,000 lines" in fault_of("\n".join(lines).encode())


def test_the_letter_ends_by_saying_whether_it_is_done():
    assert end(Plan(), is_done=True) == "All of this has been done."
    assert end(Plan()) == "There is nothing to change."


def test_the_only_class_wanted_leaves_lines_out():
    found = roster.read(b"Surname,Forename,Class\nLi,Wei,10B/Ma1\n", "Hi")
    assert (found.lines, found.refusals) == ([], [])
    assert found.other_classes == ["10B/Ma1"]


def test_a_line_of_invisible_signs_is_no_line():
    text = "Surname,Forename,Class\n\u200b,\u200b,\nLi,Wei,10B\n"
    found = roster.read(text.encode())
    assert (len(found.lines), found.feet) == (1, [])


def test_a_preferred_surname_goes_first_where_there_is_one():
    text = (
        "Legal Surname,Preferred Surname,Forename,Class\n"
        "Test,,Sam,10B\nTest,Jones,Sam,10B\n"
    )
    lines = roster.read(text.encode()).lines
    assert [line.last for line in lines] == ["Test", "Jones"]


def packed(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_workbook_that_unpacks_to_too_much():
    data = packed(
        {"xl/workbook.xml": b"", "xl/a": bytes(roster_file.LARGEST_UNPACKED + 1)}
    )
    assert len(data) < roster_file.LARGEST
    assert "larger than" in fault_of(data)


def test_a_workbook_that_declares_entities():
    declared = b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'
    data = packed({"xl/media/logo.png": b"<!DOCTYPE", "xl/workbook.xml": declared})
    assert "damaged" in fault_of(data)


# Who a line is


def test_two_numbers_of_two_students():
    noor = known("noor", "Noor", "Fletcher", upn=NOOR_UPN)
    sam = known("sam", "Sam", "Test", admission="001202")
    plan = plan_of(f"{HEADINGS}{NOOR_UPN},1202,Fletcher,Noor,10,10B/Hi1\n", noor, sam)
    assert plan.refusals[0].reason == (
        "The UPN belongs to Noor Fletcher (noor) and the admission number to Sam "
        "Test (sam)."
    )
    assert plan.left == []


def test_one_number_with_two_upns():
    plan = plan_of(
        f"{HEADINGS}{NOOR_UPN},1,Li,Wei,10,10B/Hi1\n{SAM_UPN},1,Li,Wei,10,10B/Hi1\n"
        f",1,Li,Wei,10,10B/Hi1\n"
    )
    assert [(row.line, row.reason) for row in plan.refusals] == [
        (2, "Line 3 has the same admission number and another UPN."),
        (3, "Line 2 has the same admission number and another UPN."),
        (4, "Line 3 has the same admission number and another UPN."),
    ]


def test_lines_with_one_number_each_meet_in_one_with_both():
    plan = plan_of(
        f"{HEADINGS}{NOOR_UPN},,Li,Wei,10,10B/Hi1\n,7,Li,Wei,10,10B/Hi2\n"
        f"{NOOR_UPN},7,Li,Wei,10,10B/Hi3\n"
    )
    assert plan.new == [
        "Lines 2, 3 and 4: Wei Li, 10B/HI1, 10B/Hi2 and 10B/Hi3. User name: wli28."
    ]


def test_two_lines_cannot_be_one_student():
    noor = known("noor", "Noor", "Fletcher", upn=NOOR_UPN)
    text = (
        f"{HEADINGS}{NOOR_UPN},,Fletcher,Noor,10,10B/Hi1\n,,Fletcher,Noor,10,10B/Hi2\n"
    )
    plan = plan_of(text, noor, choices={"3": "noor"})
    assert plan.refusals[0].reason == "Line 2 stands for Noor Fletcher (noor) already."
    one_column = "Name,Class\nFletcher Noor,10B/Hi1\nFletcher Noor,10B/Hi2\n"
    other = known("flo", "Fletcher", "Noor", upn=NOOR_UPN)
    plan = plan_of(one_column, other, choices={"2": "flo", "3": "flo"})
    assert plan.refusals[0].column == "Name"


def test_an_admission_number_under_another_name():
    noor = known("noor", "Noor", "Fletcher", admission="1201")
    plan = plan_of(f"{HEADINGS},001201,Test,Sam,10,10B/Hi1\n", noor)
    assert "The admission number belongs to Noor Fletcher" in plan.doubts[0].sentence
    assert plan.left == []


def test_a_temporary_upn_gives_way_to_the_real_one():
    noor = known("noor", "Noor", "Fletcher", upn="H80140012100A", admission="7")
    plan = plan_of(f"{HEADINGS}{NOOR_UPN},7,Fletcher,Noor,10,10B/Hi1\n", noor)
    assert plan.numbers == ["Line 2: Noor Fletcher (noor): UPN."]
    assert plan.changes[0].upn == NOOR_UPN


def test_another_number_is_another_person():
    noor = known("noor", "Noor", "Fletcher", admission="1")
    plan = plan_of(f"{HEADINGS},2,Fletcher,Noor,10,10B/Hi1\n", noor)
    assert len(plan.new) == len(plan.left) == 1


def test_another_upn_is_another_person():
    noor = known("noor", "Noor", "Fletcher", upn=NOOR_UPN)
    plan = plan_of(f"{HEADINGS}{SAM_UPN},,Fletcher,Noor,10,10B/Hi1\n", noor)
    assert len(plan.new) == len(plan.left) == 1


def test_a_student_called_new_can_be_chosen():
    new = known("new", "Noor", "Fletcher", roster=None)
    text = "Surname,Forename,Class\nFletcher,Noor,10B/Hi1\n"
    assert plan_of(text, new, choices={"2": "=new"}).changes[0].known == new
    assert len(plan_of(text, new, choices={"2": "new"}).new) == 1


def test_a_leaver_is_never_new():
    headings = "Surname,Forename,Class,Leaving Date\n"
    noor = known("noor", "Noor", "Fletcher")
    row = "Fletcher,Noor,10B/Hi1,04/09/2026\n"
    options = plan_of(headings + row, noor).doubts[0].options
    assert [option.value for option in options] == ["noor", "leave"]
    plan = plan_of(headings + row, noor, choices={"2": "noor"})
    assert plan.left[0].startswith("Line 2: Noor Fletcher (noor) left on 4 Sep 2026")
    two = plan_of(headings + row + row.replace("Fletcher", "Li"))
    assert "Left out: 2 students who have left and were never here." in two.notes
    gone = known("noor", "Noor", "Fletcher", has_left=True, upn=NOOR_UPN)
    text = f"UPN,{headings}{NOOR_UPN},{row}"
    assert plan_of(text, gone).unchanged == 1


def test_of_two_lines_the_later_word_is_that_somebody_stays():
    headings = "UPN,Surname,Forename,Class,Leaving Date\n"
    row = f"{NOOR_UPN},Li,Wei,10B/Hi1,"
    plan = plan_of(f"{headings}{row}01/09/2026\n{row}\n")
    assert len(plan.new) == 1
    plan = plan_of(f"{headings}{row}01/09/2026\n{row}02/09/2026\n")
    assert plan.new == []


def test_twins_without_numbers_are_asked_about_once():
    text = "Surname,Forename,Class\nLi,Wei,10B/Hi1\nLi,Wei,10B/Hi1\nLi,Wei,10B/Hi1\n"
    plan = plan_of(text, choices={"3": "new", "4": "line 3"})
    assert [line.split(":")[0] for line in plan.new] == ["Line 2", "Lines 3 and 4"]
    twins = (known("wli28", "Wei", "Li"), known("weli28", "Wei", "Li"))
    again = plan_of(text.replace("Li,Wei,10B/Hi1\n", "", 1), *twins)
    assert again.unchanged == 2
    # Line 4 joins what line 3 has joined.
    one = plan_of(text, choices={"3": "line 2", "4": "line 3"})
    assert one.new[0].startswith("Lines 2, 3 and 4")


def test_one_student_on_two_lines_is_known_again_without_numbers():
    wei = known("wli28", "Wei", "Li", roster_classes=frozenset({HI1, HI2}))
    text = "Surname,Forename,Class\nLi,Wei,10B/Hi1\nLi,Wei,10B/Hi2\n"
    assert plan_of(text, wei, classes=(HI1, HI2)).open_doubts == []
    moved = text.replace("10B/Hi2", "10B/Hi3")
    assert len(plan_of(moved, wei, classes=(HI1, HI2)).open_doubts) == 2


def test_a_line_that_is_left_out_lets_nobody_go():
    noor = known("noor", "Noor", "Fletcher", roster=None)
    told = known("nf", "Noor", "Fletcher", upn=NOOR_UPN)
    text = "Surname,Forename,Class\nFletcher,Noor,10B/Hi1\n"
    plan = plan_of(text, noor, told, choices={"2": "leave"})
    assert (plan.left, plan.open_doubts, plan.says_something) == ([], [], False)


def test_a_refused_name_in_one_column_lets_nobody_go():
    noor = known("noor", "Noor", "Fletcher", upn=NOOR_UPN)
    text = 'Name,Class,Year\n"Fletcher, Noor",10B/Hi1,99\nAnn Li,10B/Hi1,10\n'
    assert plan_of(text, noor).left == []
    other = known("tom", "Tom", "Fletcher", upn=NOOR_UPN)
    assert len(plan_of(text, other).left) == 1


# What changes


def test_a_class_takes_the_year_of_most_of_its_lines():
    rows = "A,A,10,X1\nB,B,11,X1\nC,C,11,X1\nD,D,10,Y1\nE,E,11,Y1\n"
    plan = plan_of(f"Surname,Forename,Year,Class\n{rows}")
    assert plan.new_classes == {("x1", 2027): "X1", ("y1", 2028): "Y1"}


def test_a_class_without_a_year():
    text = "Surname,Forename,Class\nLi,Wei,Rome\n"
    assert plan_of(text, cohort=2029).new_classes == {("rome", 2029): "Rome"}
    assert plan_of(text, classes=[("rome", 2028)]).new_classes == {}
    two = plan_of(text, classes=[("rome", 2028), ("rome", 2029)])
    assert "cannot be told" in two.refusals[0].reason


def test_a_student_in_another_class_too_only_leaves_the_files():
    both = frozenset({HI1, HI2})
    noor = known(
        "noor", "Noor", "Fletcher", upn=NOOR_UPN, classes=both, roster_classes=both
    )
    text = f"{HEADINGS}{SAM_UPN},,Test,Sam,10,10B/Hi1\n"
    plan = plan_of(text, noor, classes=both)
    assert plan.left == [
        "Noor Fletcher (noor) is not in the file: leaves 10B/HI1 and stays in 10B/HI2."
    ]
    assert not plan.changes[-1].closes


def test_who_was_taken_out_by_hand_only_closes():
    noor = known("noor", "Noor", "Fletcher", upn=NOOR_UPN, classes=frozenset())
    plan = plan_of(f"{HEADINGS}{SAM_UPN},,Test,Sam,10,10B/Hi1\n", noor)
    assert plan.left == ["Noor Fletcher (noor) is not in the file. The account closes."]


def test_joining_leaving_and_classes_of_other_subjects():
    both = frozenset({HI1, HI2})
    noor = known(
        "noor", "Noor", "Fletcher", upn=NOOR_UPN, classes=both, roster_classes=both
    )
    text = f"{HEADINGS}{NOOR_UPN},,Fletcher,Noor,10,10B/Hi1\n"
    assert plan_of(text, noor, classes=both).moved == [
        "Line 2: Noor Fletcher (noor): leaves 10B/HI2."
    ]
    plan = plan_of(text, noor, classes=both, only="Hi1")
    assert (plan.moved, plan.unchanged) == ([], 1)
    assert plan.changes[0].memory_classes == both


def test_a_name_that_changed_on_both_sides():
    told = Names("Noor", "", "Fletcher")
    noor = known(
        "noor", "", "", names=Names("Noor", "Nori", "Fletcher"), upn=NOOR_UPN,
        roster=told,
    )  # fmt: skip
    text = (
        "UPN,Surname,Forename,Preferred Forename,Class\n"
        f"{NOOR_UPN},Fletcher,Noor,Nora,10B/Hi1\n"
    )
    taken = plan_of(text, noor, choices={"2 name": "file"})
    assert taken.changes[0].names.preferred == "Nora"
    kept = plan_of(text, noor, choices={"2 name": "here"})
    assert kept.changes[0].names.preferred == "Nori"
    assert kept.changes[0].memory.preferred == "Nora"
    assert plan_of(text, noor, choices={"2 name": "x"}).open_doubts


def test_a_file_without_a_column_takes_nothing_away():
    noor = known(
        "noor", "", "", names=Names("Noor", "Nori", "Fletcher"), upn=NOOR_UPN,
        admission="7",
    )  # fmt: skip
    plan = plan_of(f"{HEADINGS}{NOOR_UPN},,Fletcher,Noor,10,10B/Hi1\n", noor)
    assert plan.unchanged == 1
    assert plan.changes[0].names.preferred == "Nori"
    assert plan.changes[0].admission == "7"


def test_an_account_made_by_hand_keeps_what_the_file_leaves_open():
    noor = known("noor", "", "", names=Names("Noor", "Nori", "Fletcher"), roster=None)
    text = "Surname,Forename,Preferred Forename,Class\nFletcher,Noor,,10B/Hi1\n"
    plan = plan_of(text, noor, choices={"2": "noor"})
    assert plan.recognised == ["Line 2: Noor “Nori” Fletcher (noor)."]
    assert plan.changes[0].names.preferred == "Nori"
    assert plan.renamed == []


def test_most_of_a_class_leaving_is_pointed_out():
    students = [known(f"s{n}", f"A{chr(97 + n)}", "Li") for n in range(6)]
    plan = plan_of("Surname,Forename,Class\nLi,Aa,10B/Hi1\n", *students)
    assert plan.notes == [
        "Look twice: 5 of 6 students of 10B/HI1 would leave. Is the file complete?",
        "The exam year was taken from the name of the class: 10B/HI1.",
    ]


def test_words():
    assert class_words([]) == "no class"
    assert class_words([HI1, HI2, ("x", 2028)], {}) == "10b/hi1, 10b/hi2 and x"
    assert head("a.csv", Plan(lines=1)) == "a.csv: 1 line of students."
