"""What notebook 07 shows: curves, error rates, detectable effects, as tables and results."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity import frames, review, study
from ics_maturity.models import rurality
from ics_maturity.models.many import Answers
from ics_maturity.models.power import Detectable, minimum_detectable_effect
from ics_maturity.models.shift import paired_shift
from ics_maturity.page import Page
from ics_maturity.stress import analyses, curve, order, rates
from ics_maturity.stress.specifications import Family, table
from ics_maturity.stress.worlds import Study

_OTHERS = (
    ("rurality.mde80_bend", "bend, where furthest from the line", "REML, t(G-3)", "points"),
    ("mix.mde80_type", "spread of provider types in a system", "permutation", "points (SD)"),
    ("mix.mde80_additivity", "spread of what settings do by system", "permutation", "points (SD)"),
    ("mix.mde80_spread", "spread between systems", "likelihood ratio", "points (SD)"),
    ("space.mde80", "likeness of neighbours", "permutation", "Moran's I"),
)
CURVES = ("rurality", "direct", "relative_shift")
_EFFECTS = np.linspace(0, 1.5, 31)  # points, of the power curves


@dataclass(frozen=True, eq=False)
class Curve:
    """All analyses of one family: a row per analysis, and what they say together."""

    family: Family
    table: pd.DataFrame
    joint: curve.Together


def all_curves(
    page: Page, rural: pd.DataFrame, families: dict[str, Family], draws: int
) -> dict[str, Curve]:
    """The families that the rounds present have analyses of, with their results named.

    Named: stress.FAMILY_specs, _median, _lowest, _highest, _share_significant, and _joint_p (of
    the median), _joint_p_share, _joint_p_stouffer.
    """
    found = {}
    returns = page.read("returns")
    # The choices are declared for the rounds of the workbook's own instruments.
    returns = returns[~returns["round"].isin(page.instruments.own)]
    for name in CURVES:
        family = families[name]
        build = (
            analyses.shift_analyses(page, rural, family)
            if name == "relative_shift"
            else analyses.rurality_analyses(returns, rural, family)
        )
        if build is not None:
            chosen, matrices = build
            slopes = curve.slopes(matrices)
            joint = curve.together(matrices, page.rng(f"curve_{name}"), draws)
            found[name] = Curve(family, curve.curve_table(table(chosen), slopes), joint)
            _name_curve(page, name, found[name])
    return found


def _name_curve(page: Page, name: str, found: Curve) -> None:
    joint, unit, n = found.joint, found.family.unit, found.joint.analyses
    estimates = found.table["estimate"]
    exchanged = f"{joint.draws} exchanges of the systems' labels, all analyses at once"
    page.result(f"stress.{name}_specs", n, unit="analyses", method="specifications.toml")
    for slug, value in (("median", joint.median), ("lowest", estimates.min()),
                        ("highest", estimates.max())):  # fmt: skip
        page.result(f"stress.{name}_{slug}", value, unit=unit, n=n, method=f"{slug} estimate")
    page.result(f"stress.{name}_share_significant", joint.share, unit="share", n=n,
                method="p at most .05, in the foretold direction if one was")  # fmt: skip
    for slug, p, of in (("", joint.median_p, "median"), ("_share", joint.share_p, "share"),
                        ("_stouffer", joint.stouffer_p, "Stouffer's z")):  # fmt: skip
        page.result(f"stress.{name}_joint_p{slug}", p, n=n, method=f"{of}; {exchanged}")


def curves_table(found: dict[str, Curve]) -> pd.DataFrame:
    """One row per family: estimand, analyses, median, lowest, highest, share, joint p-values."""
    columns = ["estimand", "analyses", "median", "lowest", "highest", "share",
               "median_p", "share_p", "stouffer_p"]  # fmt: skip
    rows = [
        (one.family.estimand, one.joint.analyses, one.joint.median, one.table["estimate"].min(),
         one.table["estimate"].max(), one.joint.share, one.joint.median_p, one.joint.share_p,
         one.joint.stouffer_p)
        for one in found.values()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def shift_range(page: Page, family: Family) -> pd.DataFrame:
    """Lowest and highest mean shift by pair of rounds; before, after, analyses, lowest, highest.

    Named, where there is any: stress.shift_specs, stress.shift_lowest, stress.shift_highest.
    """
    found = analyses.mean_shifts(page, family)
    ranges = found.groupby(["before", "after"], as_index=False).agg(
        analyses=("shift", "size"), lowest=("shift", "min"), highest=("shift", "max")
    )
    if len(found):
        page.result("stress.shift_specs", len(found), unit="analyses", method="specifications.toml")
        for end, value in (("lowest", found["shift"].min()), ("highest", found["shift"].max())):
            page.result(f"stress.shift_{end}", value, unit="points of 100", n=len(found))
    return ranges


def name_rates(page: Page, by_method: pd.DataFrame) -> None:
    """Name size and coverage of every method: stress.size_METHOD and stress.coverage_METHOD."""
    for row in by_method.itertuples():
        for what, count in (("size", row.null_worlds), ("coverage", row.covered_worlds)):
            value, error = getattr(row, what), getattr(row, f"{what}_se")
            if not np.isnan(value):
                page.result(
                    f"stress.{what}_{row.name}", value, unit="share of worlds", n=int(str(count)),
                    low=max(value - 1.96 * error, 0.0), high=min(value + 1.96 * error, 1.0),
                    method=f"{row.question}: {row.words}",
                )  # fmt: skip


def name_promises(page: Page, by_method: pd.DataFrame) -> None:
    """Name how many methods in use keep their promise, and which of the others do and do not.

    stress.primary_kept (n: primary methods), stress.checks_kept (n: checks), stress.worst_size
    (the largest size of a method in use), stress.worst_coverage, stress.used_failing (words of the
    methods in use that fail or fall short), stress.unused_failing (n: methods
    not used), stress.not_kept and stress.unused_kept (words of those not used that fail or fall
    short, and of those that keep their promise here).
    """
    for role, name in (("primary", "primary_kept"), ("check", "checks_kept")):
        own = by_method[by_method["role"] == role]
        page.result(f"stress.{name}", int((own["verdict"] != "fails").sum()), unit="methods",
                    n=len(own), method="size and coverage inside their bands")  # fmt: skip
    used = by_method[by_method["role"] != "not used"]
    page.result("stress.worst_size", used["size"].max(), unit="share of worlds")
    page.result("stress.worst_coverage", used["coverage"].min(), unit="share of worlds")
    failing = used.loc[used["verdict"] != "keeps it", ["words", "verdict"]].to_numpy()
    page.result("stress.used_failing", _listed(f"{words} {verdict}" for words, verdict in failing))
    unused = by_method[by_method["role"] == "not used"]
    keeps = unused["verdict"] == "keeps it"
    page.result("stress.unused_failing", int((~keeps).sum()), unit="methods", n=len(unused))
    for name, part in (("not_kept", unused[~keeps]), ("unused_kept", unused[keeps])):
        page.result(f"stress.{name}", _listed(part["words"]), method="methods that are not used")


def _listed(items: Iterable[str], longest: int = 180) -> str:
    """The items one after the other, or "none"; what does not fit is counted."""
    kept: list[str] = []
    names = list(items)
    for name in names:
        if len("; ".join([*kept, name])) > longest:
            return f"{'; '.join(kept)}; and {len(names) - len(kept)} more"
        kept.append(name)
    return "; ".join(kept) or "none"


def name_order(page: Page, by_rank: pd.DataFrame, by_rule: pd.DataFrame) -> None:
    """Name whether rank sets hold and chances of support keep their word.

    stress.rank_sets_kept and stress.rules_honest (n: rows of the table), stress.rules_too_sure
    (where more picks are wrong than stated), and, for the first rule where systems spread as found,
    stress.wrong_stated_view_a, stress.wrong_actual_view_a and the same of view b.
    """
    kept = int((by_rank["verdict"] == "keeps it").sum())
    page.result("stress.rank_sets_kept", kept, n=len(by_rank), unit="combinations")
    honest = by_rule["verdict"] == "honest"
    page.result("stress.rules_honest", int(honest.sum()), n=len(by_rule), unit="combinations",
                method="stated and actual wrong picks within three simulation errors")  # fmt: skip
    sure = by_rule[by_rule["verdict"] == "too sure"]
    places = [f"view {view[0]}, {spread}" for view, spread in zip(sure["view"], sure["spread"],
                                                                  strict=True)]  # fmt: skip
    page.result("stress.rules_too_sure", _listed(dict.fromkeys(places)))
    first = by_rule[by_rule["rule"] == by_rule["rule"].iloc[0]]
    for row in first[first["spread"] == order.AS_FOUND].itertuples():
        view = str(row.view)[0].lower()
        for what, value in (("stated", row.stated), ("actual", row.actual)):
            page.result(f"stress.wrong_{what}_view_{view}", value, unit="systems",
                        n=int(str(row.worlds)), method=str(row.rule))  # fmt: skip


def labelled(by_method: pd.DataFrame) -> pd.DataFrame:
    """The methods with a label for a figure."""
    return by_method.assign(label=by_method["question"] + ": " + by_method["words"])


def power_table(study: Study, null: dict[str, Answers]) -> pd.DataFrame:
    """Power of the slope's methods by effect: method (words), effect, power, se."""
    dfs = {"reml": study.systems - 2.0, "cv3": study.systems - 1.0, "hc3": study.systems - 2.0}
    words = {"reml": "REML, t(G-2)", "cv3": "CV3 jackknife", "hc3": "HC3 on system means"}
    return pd.concat(
        [rates.power_curve(null[name], df, _EFFECTS).assign(method=words[name])
         for name, df in dfs.items()], ignore_index=True
    )[["method", "effect", "power", "se"]]  # fmt: skip


def detectable_table(page: Page, now: frames.Round, reference: str) -> pd.DataFrame:
    """Smallest effects found four times out of five, by simulation and by formula.

    The numbers are those that the pages before print beside their nulls, worked out again.

    Named: stress.mde80_rurality, stress.mde80_direct, stress.mde80_moderation where a round holds
    both scores (each with its simulation error as an interval) and stress.mde80_formula.

    Returns:
        what, method, simulated, se, formula (missing where there is none), unit.
    """
    providers = now.providers
    X = providers["score"], providers["rural_share"], providers["ics_code"]
    settings = providers[[s for s in now.settings if s != reference]].to_numpy(float)
    found = study.detectable(page, now, reference)
    rows = []
    for slug, name, what, slope in (
        ("rurality", "rurality.mde80", "rurality slope", rurality.slope(*X)),
        ("direct", "rurality.mde80_direct", "slope at equal settings",
         rurality.slope(*X, settings)),
    ):  # fmt: skip
        formula = minimum_detectable_effect(slope.se, slope.df)
        rows.append((what, "REML, t(G-2)", found[name], formula, "points"))
        _name_detectable(page, slug, found[name])
    year = review.moderated_round(page)
    if year is not None:
        pairs = review.moderated_pairs(page, year)
        one = review.detectable_change(pairs, page.rng("moderation.mde80"))
        change = paired_shift(pairs["before"], pairs["after"], pairs["ics_code"]).change
        formula = minimum_detectable_effect(change.se, change.df)
        rows.append((f"moderation in {year}", "paired, CR2", one, formula, "points"))
        _name_detectable(page, "moderation", one)
    none = float("nan")
    rows += [
        (what, method, found[name], none, unit)
        for name, what, method, unit in _OTHERS
        if name in found
    ]
    page.result("stress.mde80_formula", rows[0][3], unit="points", n=len(providers),
                method="t quantiles times the standard error found")  # fmt: skip
    return pd.DataFrame(
        [(what, method, one.value, one.se, formula, unit)
         for what, method, one, formula, unit in rows],
        columns=["what", "method", "simulated", "se", "formula", "unit"],
    )  # fmt: skip


def _name_detectable(page: Page, slug: str, one: Detectable) -> None:
    page.result(f"stress.mde80_{slug}", one.value, low=one.value - 1.96 * one.se,
                high=one.value + 1.96 * one.se, unit="points", n=one.worlds,
                method="found in 80% of simulated worlds")  # fmt: skip
