"""What notebook 07 shows: curves, error rates, detectable effects, as tables and results."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ics_maturity import frames, review
from ics_maturity.models import rurality
from ics_maturity.models.many import Answers
from ics_maturity.models.power import minimum_detectable_effect
from ics_maturity.models.shift import paired_shift
from ics_maturity.page import Page
from ics_maturity.stress import analyses, curve, rates
from ics_maturity.stress.specifications import Family, table
from ics_maturity.stress.worlds import Cell, Study

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
    """Name how many methods in use keep their promise, and which methods do not.

    stress.primary_kept (n: primary methods), stress.checks_kept (n: checks), stress.worst_size
    (the largest size of a method in use), stress.not_kept (words of those not used that fail or
    fall short).
    """
    for role, name in (("primary", "primary_kept"), ("check", "checks_kept")):
        own = by_method[by_method["role"] == role]
        page.result(f"stress.{name}", int((own["verdict"] != "fails").sum()), unit="methods",
                    n=len(own), method="size and coverage inside their bands")  # fmt: skip
    used = by_method[by_method["role"] != "not used"]
    page.result("stress.worst_size", used["size"].max(), unit="share of worlds")
    page.result("stress.worst_coverage", used["coverage"].min(), unit="share of worlds")
    unused = by_method[(by_method["role"] == "not used") & (by_method["verdict"] != "keeps it")]
    listed = "; ".join(f"{row.words} ({row.question})" for row in unused.itertuples())
    page.result("stress.not_kept", listed[:200] or "none", method="why these are not used")


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


def detectable_table(
    page: Page, study: Study, found: dict[Cell, dict[str, Answers]], now: frames.Round
) -> pd.DataFrame:
    """Smallest effects found four times out of five, by simulation and by formula.

    Named: stress.mde80_rurality, stress.mde80_direct, stress.mde80_moderation (each with its
    simulation error as an interval) and stress.mde80_formula.

    Returns:
        what, method, simulated, se, formula (missing where the returns hold no such error), unit.
    """
    null, df, providers = found[Cell()], study.systems - 2.0, now.providers
    X = providers["score"], providers["rural_share"], providers["ics_code"]
    errors = {"rurality": rurality.slope(*X)}
    cells = [
        ("rurality", "reml", "rurality slope", "REML, t(G-2)", df),
        ("moderation", "moderation", "moderation", "paired, CR2", study.review_df),
    ]
    if study.filed.shape[1]:
        errors["direct"] = rurality.slope(*X, study.filed)
        cells.insert(1, ("direct", "direct_reml", "slope at equal settings", "REML, t(G-2)", df))
    rows = []
    for slug, method, what, words, freedom in cells:
        value, se = rates.minimum_detectable(null[method], freedom)
        page.result(f"stress.mde80_{slug}", value, low=value - 1.96 * se, high=value + 1.96 * se,
                    unit="points", n=null[method].p.size,
                    method=f"found in 80% of simulated worlds; {words}")  # fmt: skip
        formula = np.nan
        if slug in errors:
            formula = minimum_detectable_effect(errors[slug].se, freedom)
        elif moderated := _moderation_error(page, now.measure.round):
            formula = minimum_detectable_effect(*moderated)
        rows.append((what, words, value, se, formula, "points"))
    page.result("stress.mde80_formula", rows[0][4], unit="points", n=len(providers),
                method="t quantiles times the standard error found")  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "method", "simulated", "se", "formula", "unit"])


def _moderation_error(page: Page, round: int) -> tuple[float, float] | None:
    """Standard error and degrees of freedom of moderation in a round that holds both scores."""
    both = [
        y for y in page.rounds(assessed_by="self") if page.has_round(y, assessed_by="moderated")
    ]
    if not both:
        return None
    pairs = review.moderated_pairs(page, both[-1])
    found = paired_shift(pairs["before"], pairs["after"], pairs["ics_code"]).change
    return found.se, found.df


def agreement(page: Page, printed: str) -> str:
    """Whether the simulated detectable slope holds the one printed elsewhere, in words."""
    mine, other = page.results["stress.mde80_rurality"], page.results[printed]
    if mine.low is None or mine.high is None:
        raise ValueError("the detectable slope has no simulation error")
    slack = 2 * (mine.high - mine.low)
    near = mine.low - slack <= float(other.value) <= mine.high + slack
    return "agree" if near else "differ by more than simulation error"
