"""Findings: every format, every refusal, and text from data that stays text."""

import nbformat
import pytest
from nbconvert.filters import markdown2html

from ics_maturity.lint import bare_numerals, lint_findings
from ics_maturity.prose import (
    ProseError,
    check_markdown,
    escape_markdown,
    fixed,
    markdown,
    p_value,
    plain,
)
from ics_maturity.results import Result, Results

RESULTS = Results(
    [
        Result("mix.slope", -0.0312, "points per unit", -0.2, 0.1, 1204, "REML, ICS intercept"),
        Result("mix.share", 0.123, low=0.04, high=0.201),
        Result("mix.p", 0.034),
        Result("mix.small_p", 0.0004),
        Result("mix.count", 12345),
        Result("mix.nought", -0.0001),
        Result("mix.name", "<b>A & *B*</b> {{x}} $y$"),
    ]
)


@pytest.mark.parametrize(
    ("field", "printed"),
    [
        ("{mix.slope:2dp}", "−0.03"),
        ("{mix.slope:4dp}", "−0.0312"),
        ("{mix.slope:2dp unit}", "−0.03 points per unit"),
        ("{mix.slope:signed2dp}", "−0.03"),
        ("{mix.share:signed2dp}", "+0.12"),
        ("{mix.slope:ci2dp}", "−0.03 (95% interval −0.20 to 0.10)"),
        ("{mix.slope:range2dp}", "−0.20 to 0.10"),
        ("{mix.slope:n}", "1,204"),
        ("{mix.slope:method}", "REML, ICS intercept"),
        ("{mix.share:pct}", "12.3%"),
        ("{mix.share:pct0}", "12%"),
        ("{mix.share:cipct}", "12.3% (95% interval 4.0% to 20.1%)"),
        ("{mix.p:p}", "p = 0.034"),
        ("{mix.small_p:p}", "p < 0.001"),
        ("{mix.count:int}", "12,345"),
        ("{mix.nought:2dp}", "0.00"),
        ("{mix.nought:signed2dp}", "0.00"),
        ("{mix.name}", "<b>A & *B*</b> {{x}} $y$"),
        ("{mix.name:text}", "<b>A & *B*</b> {{x}} $y$"),
        ("{{braces}}", "{braces}"),
    ],
)
def test_formats(field, printed):
    assert plain(field, RESULTS) == printed


@pytest.mark.parametrize(
    "template",
    [
        "{mix.slope}",
        "{mix.slope:}",
        "{mix.slope:.3}",
        "{mix.slope:7dp}",
        "{mix.slope:2DP}",
        "{mix.slope:2dp units}",
        "{mix.share:2dp unit}",
        "{mix.slope:pct unit}",
        "{mix.slope:p}",
        "{mix.p:ci2dp}",
        "{mix.p:n}",
        "{mix.name:2dp}",
        "{mix.slope:text}",
        "{mix.slope!r:2dp}",
        "{mix.slope:{mix.count}dp}",
        "{mix.slope",
        "mix.slope}",
    ],
)
def test_a_format_that_does_not_fit_is_an_error(template):
    with pytest.raises(ProseError):
        plain(template, RESULTS)


@pytest.mark.parametrize(
    "template", ["{mix.slop:2dp}", "{}", "{0}", "{mix.slope.unit}", "{mix.slope[0]:2dp}", "{mix}"]
)
def test_an_unknown_name_is_an_error(template):
    with pytest.raises(ProseError, match="no result is named"):
        plain(template, RESULTS)


@pytest.mark.parametrize(
    "text",
    [
        "<b>raw</b>",
        "a <!-- comment -->",
        "![picture](x.png)",
        "# heading",
        "text\n\n## heading",
        "underlined\n---",
        "| a | b |",
        "costs $x$",
        "```\ncode\n```",
        "text\n\n    code",
        "[x](javascript:alert)",
        "[x](http://plain.example)",
        "[x]( javascript:alert)",
        "[x][ref]\n\n[ref]: javascript:alert",
    ],
)
def test_markdown_beyond_the_allowed_is_refused(text):
    with pytest.raises(ProseError, match="may not hold"):
        check_markdown(text)


def test_ordinary_markdown_is_allowed():
    check_markdown("**Bold**, *soft*, `code`, p < 0.001\n\n* one\n* two\n\n1. first\n\n> quote")
    check_markdown("[the table](tables/like_for_like_2025.csv), [source](https://example.org/x)")


def test_indentation_of_a_cell_is_not_markup():
    text = markdown(
        """
        The slope is {mix.slope:2dp}.

        * It is small.
        """,
        RESULTS,
    )
    assert text == "The slope is −0.03.\n\n* It is small."


HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "**bold** _soft_ `code` # head",
    "$\\frac{1}{2}$ \\(x\\)",
    "{{ config }} {mix.slope:2dp} {% raw %}",
    "1. first",
    "| a | b |",
    "https://example.org <https://example.org>",
    "&lt;b&gt; &#60;",
    "- item",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_from_data_is_shown_as_it_is(hostile):
    from bs4 import BeautifulSoup

    results = Results([Result("a.name", hostile)])
    rendered = BeautifulSoup(markdown2html(markdown("{a.name}", results)), "html.parser")
    assert [tag.name for tag in rendered.find_all(True)] == ["p"]
    assert rendered.get_text().strip() == hostile


def test_text_from_data_cannot_start_a_line():
    assert "\n" not in escape_markdown("a\n\n# b\r\n- c")


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (1234.5, 1, "1,234.5"),
        (-0.004, 2, "0.00"),
        (-0.4, 0, "0"),
        (2.0, 0, "2"),
        (-12, 0, "−12"),
        (float("inf"), 1, "∞"),
        (float("-inf"), 0, "−∞"),
    ],
)
def test_fixed_decimals(value, digits, printed):
    assert fixed(value, digits) == printed


@pytest.mark.parametrize(
    ("p", "printed"),
    [(0.0, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (0.9999, "p > 0.999")],
)
def test_p_values_are_never_printed_as_nought_or_one(p, printed):
    assert p_value(p) == printed


def test_a_p_value_lies_between_nought_and_one():
    with pytest.raises(ProseError):
        p_value(1.2)


# Lint


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


@pytest.mark.parametrize(
    "text",
    [
        "The 2025 round, the 2015/16 round and 2017.",
        "See 03_model_mix_and_rurality, or notebook 04.",
        "A 95% interval by CR2 and HC3; rung L4 of the ladder, E6, claim C16.",
        "On the scale 1 to 5, or 0 to 100.",
        "{mix.slope:2dp} and {mix.share:ci2dp}.",
        "1. first\n2. second",
        "[table](tables/x_42.csv)",
    ],
)
def test_names_with_digits_are_no_numerals(text):
    assert bare_numerals(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "in 42 systems",
        "0.12",
        "a 5% level",
        "in 1998",
        "2027",
        "L7",
        "C38",
        "p<0.05",
        "95 %",
        "r2=.3",
    ],
)
def test_a_bare_numeral_is_found(text):
    assert bare_numerals(text)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('page.findings("The slope is -0.03.")', "bare numeral"),
        ('page.findings(f"The slope is {slope}.")', "plain string"),
        ('page.findings("a" + text)', "plain string"),
        ("page.findings(text)", "plain string"),
        ('page.text("of 42 systems")', "bare numeral"),
        ('page.figure(f, "x", title="Scores of 42 systems", alt=a, data=d)', "bare numeral"),
        ('page.figure(f, "x", title=t, alt=f"slope {b:.2f}", data=d)', "formatted number"),
        ('page.table(f, "x", caption=f"{n} systems, 3 rounds", columns=c)', "bare numeral"),
        ('page.table(f, "x", caption="a" "b 7", columns=c)', "bare numeral"),
        ('display(Markdown("x"))', "bypasses"),
        ("%matplotlib inline", "plain Python"),
    ],
)
def test_the_lint_bites(source, why):
    faults = lint_findings(notebook("x = 1", source))
    assert len(faults) == 1
    assert why in faults[0].why
    assert faults[0].cell == 1


def test_the_lint_leaves_clean_cells_alone():
    clean = notebook(
        'page.findings("""In 2025 the slope was {mix.slope:ci2dp}.""")',
        'page.figure(f, "x_2025", title=page.text("Scores, {mix.n:int} systems"), alt=a, data=d)',
        'page.table(f, "x", caption=f"Scores of {name}", columns={"a": Column("A", digits=2)})',
        "value = 42\nother.findings('42')",
    )
    clean.cells.append(nbformat.v4.new_markdown_cell("There are 42 systems."))
    assert lint_findings(clean) == []


def test_faults_come_with_their_place():
    faults = lint_findings(notebook('x = 1\npage.findings("""a\n42""")'))
    assert [str(fault) for fault in faults] == [
        "cell 0, line 2: '42' is a bare numeral in page.findings: name the result and print it"
    ]
