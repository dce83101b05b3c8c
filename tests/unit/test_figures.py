"""Figures: what they need, what they say, and that they can be read without colour."""

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from ics_maturity import figures
from ics_maturity.figures import FigureError, systems

RNG = np.random.default_rng(1)
PROVIDERS = pd.DataFrame(
    {"short_name": ["Avon"] * 4 + ["Borders"] * 2, "score": [2.0, 2.5, 3.0, 2.5, 1.0, 2.0]}
)
SYSTEMS = pd.DataFrame(
    {
        "ics_code": ["QA1", "QB1", "QC1"],
        "short_name": ["Avon", "Borders", "Cost $5 & <b>"],
        "n": [4, 2, 1],
        "score": [2.5, 1.5, 2.2],
        "low": [2.2, 1.0, 2.0],
        "high": [2.8, 2.0, 2.4],
        "rank": [1, 3, 2],
        "rank_low": [1, 2, 1],
        "rank_high": [2, 3, 3],
        "rural_share": [0.1, 0.5, 0.3],
        "value": [2.5, 1.5, 2.2],
    }
)
TILES = pd.DataFrame(
    {"ics_code": ["QA1", "QB1", "QC1"], "tile_row": [0, 0, 1], "tile_column": [0, 1, 0]}
)
LINE = pd.DataFrame(
    {"rural_share": [0.0, 0.5], "fit": [2.5, 2.0], "low": [2.2, 1.6], "high": [2.8, 2.4]}
)
RETURNS = pd.DataFrame(
    {
        "round": [2024] * 4 + [2025] * 4,
        "care_setting": ["acute", "acute", "ambulance", "other_kind"] * 2,
        "score": [1.0, 2.0, 3.0, 4.0] * 2,
    }
)
PAIRS = pd.DataFrame({"first": [1.0, 2.0, 3.0], "second": [1.5, 1.8, 3.4]})
RULES = pd.DataFrame(
    {
        "label": ["Mean", "Lowest"],
        "mean": [70.0, 30.0],
        "n": [232, 232],
        "low": [68, 28],
        "high": [72, 32],
    }
)
GRID = pd.DataFrame(
    [(x, y, x - y) for x in range(4) for y in range(3)], columns=["x", "y", "shift"]
).astype(float)
ESTIMATES = pd.DataFrame(
    {
        "label": ["REML", "CR2"],
        "estimate": [-0.3, -0.2],
        "low": [-0.8, -0.7],
        "high": [0.2, 0.3],
        "n": [1204, 42],
        "primary": [True, False],
    }
)
READY = {
    "strip": lambda: figures.strip_by_system(PROVIDERS, national=2.2),
    "caterpillar": lambda: figures.caterpillar(SYSTEMS, national=2.2),
    "tiles": lambda: figures.tile_map(SYSTEMS, TILES, value_label="Score (1 to 5)"),
    "rural": lambda: figures.rural_scatter(SYSTEMS, LINE, detectable=0.4),
    "rounds": lambda: figures.distributions(RETURNS),
    "paired": lambda: figures.paired_change(PAIRS, names=("2024", "2025")),
    "agreement": lambda: figures.bland_altman(PAIRS, names=("self", "moderated")),
    "bracket": lambda: figures.scoring_bracket(
        RULES, later=45, later_label="2017", score_label="Score (0 to 100)"
    ),
    "tipping": lambda: figures.tipping_point(
        GRID, x_label="Drift", y_label="Rule", shift_label="points",
        marks=pd.DataFrame({"x": [1.0], "y": [1.0], "label": ["observed"]}),
    ),
    "forest": lambda: figures.forest(ESTIMATES, estimate_label="Slope", detectable=0.5),
}  # fmt: skip


def words(figure: Figure) -> list[str]:
    """Every text of a figure, ticks and keys included."""
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_limits_of_agreement_by_hand():
    """Differences .5, -.2 and .4: mean .23, standard deviation .379."""
    shown = " ".join(words(READY["agreement"]()))
    for text in ("mean difference 0.23", "upper limit of agreement 0.98",
                 "lower limit of agreement \N{MINUS SIGN}0.51"):  # fmt: skip
        assert text in shown


@pytest.mark.parametrize("name", READY)
def test_the_same_frame_gives_the_same_bytes_without_traces(name):
    first, second = (figures.svg(READY[name]()) for _ in range(2))
    assert first == second
    image = ElementTree.fromstring(first)
    kinds = {element.tag.rpartition("}")[2] for element in image.iter()}
    # No program, no date, no pixels, and nothing that runs or is looked for elsewhere.
    assert kinds <= {"svg", "defs", "style", "g", "path", "use", "clipPath", "rect"}
    links = {v for e in image.iter() for k, v in e.attrib.items() if k.endswith("href")}
    assert all(link.startswith("#") for link in links)
    assert float(image.get("width", "").removesuffix("pt")) <= figures.WIDTH * 72 + 0.01


def test_last_digits_that_differ_between_processors_change_no_byte():
    digits = ["score", "low", "high"]
    other = SYSTEMS.assign(**{column: SYSTEMS[column] * (1 + 1e-12) for column in digits})
    assert not SYSTEMS.equals(other)
    assert figures.svg(figures.caterpillar(SYSTEMS)) == figures.svg(figures.caterpillar(other))


def test_a_figure_says_what_its_letters_say():
    """The search of a release before it leaves reads them."""
    drawn = figures.svg(READY["strip"]())
    assert "<!-- Avon (n = 4) -->" in drawn


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("strip", ["Avon (n = 4)", "Borders (n = 2)", "mean of all providers 2.20"]),
        ("caterpillar", ["Avon (n = 4)", "Rank (95% set)", "national mean 2.20"]),
        ("tiles", ["2.5", "1.5", "Avon", "Score (1 to 5)"]),
        (
            "rural",
            ["n = 1 provider", "n = 4 providers", "slopes under 0.40, which could be missed"],
        ),
        ("rounds", ["Acute\nn = 2", "Ambulance\nn = 1", "Other kind\nn = 1", "2024", "1.5"]),
        ("paired", ["2024\nn = 3", "mean 2.00", "solid lines: 2 rose; dashed: 1 did not"]),
        ("agreement", ["mean difference 0.23", "Mean of self and moderated (points), n = 3"]),
        ("bracket", ["Mean (n = 232)", "bracket: 30.0 to 70.0", "2017 45.0"]),
        ("tipping", ["no shift left", "observed", "lines: points"]),
        ("forest", ["−0.30 (−0.80 to 0.20), n = 1,204", "−0.20 (−0.70 to 0.30), n = 42"]),
    ],
)
def test_numbers_names_and_n_are_printed(name, said):
    found = words(READY[name]())
    assert not [text for text in said if text not in found]


def test_systems_are_drawn_from_highest_to_lowest():
    figure = figures.strip_by_system(PROVIDERS)
    labels = {t.get_text(): t.get_position()[1] for t in figure.axes[0].get_yticklabels()}
    assert labels["Avon (n = 4)"] > labels["Borders (n = 2)"]


def test_a_dollar_sign_in_a_name_is_no_mathematics():
    assert figures.svg(figures.caterpillar(SYSTEMS.assign(short_name="$\\frac{$")))


def test_rounds_on_one_scale_share_their_limits():
    wider = RETURNS.assign(score=RETURNS["score"] + (RETURNS["round"] == 2025) * 10)
    shared = figures.distributions(wider, score_label="Score")
    assert shared.axes[0].get_xlim() == shared.axes[1].get_xlim()
    apart = figures.distributions(wider, score_label={2024: "0 to 100", 2025: "1 to 5"})
    assert apart.axes[0].get_xlim() != apart.axes[1].get_xlim()


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda: figures.strip_by_system(PROVIDERS.drop(columns="score")), "lacks .*score"),
        (lambda: figures.forest(ESTIMATES.head(0), estimate_label="x"), "no rows"),
        (lambda: figures.tile_map(SYSTEMS, TILES.head(2), value_label="x"), "QC1"),
        (
            lambda: figures.tipping_point(GRID.head(-1), x_label="", y_label="", shift_label=""),
            "holes",
        ),
        (
            lambda: figures.tipping_point(
                pd.concat([GRID, GRID.head(1)]), x_label="", y_label="", shift_label=""
            ),
            "twice",
        ),
    ],
)
def test_a_frame_that_does_not_fit_is_named(draw, why):
    with pytest.raises(FigureError, match=why):
        draw()


def luminance(color) -> float:
    return systems._luminance(to_rgb(color))


def contrast(one, other) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", [*figures.PALETTE, figures.MAIN, figures.ACCENT, figures.QUIET])
def test_marks_stand_out_from_white(color):
    assert contrast(color, "white") >= 3


def lightness(color) -> float:
    y = luminance(color)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_colours_of_the_palette_stay_apart_in_grey():
    greys = sorted(lightness(color) for color in figures.PALETTE)
    assert min(b - a for a, b in combinations(greys, 2)) >= 10
    assert len(figures.MARKERS) == len(figures.PALETTE)


def test_text_in_tiles_can_be_read_on_any_fill():
    for share in np.linspace(0, 1, 101):
        fill = systems._SEQUENTIAL(share)
        ink = "white" if systems._luminance(fill) < 0.179 else "black"
        assert contrast(fill[:3], ink) >= 4.5


def test_the_style_leaves_no_trace():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    READY["forest"]()
    assert dict(mpl.rcParams) == before


def test_names_of_near_systems_do_not_lie_over_each_other():
    systems = pd.DataFrame(
        {
            "short_name": ["Bristol and around", "Sussex", "Bedfordshire", "Far"],
            "rural_share": [0.08, 0.18, 0.19, 0.4],
            "score": [2.02, 2.04, 2.03, 2.9],
            "n": [2, 5, 2, 4],
        }
    )
    figure = figures.rural_scatter(systems, LINE, named=4)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    points = axes.transData.transform(systems[["rural_share", "score"]] * [100, 1])
    boxes = [name.get_window_extent() for name in axes.texts]
    assert [name.get_text() for name in axes.texts] == ["Far", "Bedfordshire"]
    assert not any(box.count_contains(points) for box in boxes)
    assert not boxes[0].overlaps(boxes[1])


def test_marks_of_neighbours_are_drawn_as_one():
    """A page with a mark for each of some thousand analyses would be three times as large."""
    table = pd.DataFrame({"place": [1, 2, 3, 4, 5], "estimate": 0.1, "low": 0.0, "high": 0.2,
                          "p": 0.5, "rule": ["a", "a", "b", "a", "b"]})  # fmt: skip
    figure = figures.specification_curve(
        table, {"rule": {"a": "one", "b": "other"}}, estimate_label="Slope"
    )
    drawn = [line.get_xdata() for line in figure.axes[1].lines]
    np.testing.assert_array_equal(drawn[0], [0.5, 2.5, np.nan, 3.5, 4.5, np.nan])
    np.testing.assert_array_equal(drawn[1], [2.5, 3.5, np.nan, 4.5, 5.5, np.nan])
