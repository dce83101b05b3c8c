"""From tidy returns to the matrices that all analyses of a family need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from scipy import special, stats

from ics_maturity import comparison, frames
from ics_maturity.models.design import FloatArray, group_codes, group_sums, indicators
from ics_maturity.models.linking import equipercentile_link
from ics_maturity.models.predecessors import Rule as LinkRule
from ics_maturity.models.predecessors import predecessor_values
from ics_maturity.models.ties import join_ties
from ics_maturity.models.variance import random_intercept
from ics_maturity.page import Page
from ics_maturity.stress.curve import Analyses
from ics_maturity.stress.specifications import Chosen, Family, Option, combinations

FEWEST_SYSTEMS = 10


@dataclass(frozen=True, eq=False)
class Filed:
    """Returns of one measure: who filed, and the scores that are averaged (rows, parts)."""

    provider: np.ndarray
    system: np.ndarray
    setting: np.ndarray
    parts: FloatArray
    names: tuple[str, ...]

    def kept(self, rows: np.ndarray) -> "Filed":
        return Filed(self.provider[rows], self.system[rows], self.setting[rows],
                     self.parts[rows], self.names)  # fmt: skip

    def score(self, without: str | None = None) -> FloatArray:
        """Mean of each return's parts, but for one."""
        stay = [name != without for name in self.names]
        return np.asarray(np.nanmean(self.parts[:, stay], axis=1))


def filed(returns: pd.DataFrame, measure: frames.Measure) -> Filed:
    """The returns of a measure, by system, provider and setting, with their parts side by side."""
    rows = returns[(returns["round"] == measure.round) & (returns["level"] == measure.level)]
    rows = rows[rows["ics_code"] != ""]
    if measure.assessed_by is not None:
        rows = rows[rows["assessed_by"] == measure.assessed_by]
    if measure.constructs is not None:
        rows = rows[rows["construct"].isin(measure.constructs)]
    wide = rows.pivot_table(
        index=["ics_code", "provider_code", "care_setting"], columns="construct", values="score"
    )
    keys = wide.index.to_frame(index=False)
    return Filed(keys["provider_code"].to_numpy(str), keys["ics_code"].to_numpy(str),
                 keys["care_setting"].to_numpy(str), wide.to_numpy(float),
                 tuple(wide.columns))  # fmt: skip


def measure_of(returns: pd.DataFrame, year: int, level: str) -> frames.Measure:
    """The measure that an option means; moderated scores where a round holds both."""
    if level == "overall":
        return frames.comparable_domains(year)
    both = set(returns.loc[returns["round"] == year, "assessed_by"]) == {"self", "moderated"}
    return frames.all_domains(year, "moderated" if both else None)


def is_present(returns: pd.DataFrame, option: Option, definitions: Sequence[str]) -> bool:
    """Whether the returns hold the option's round and level, and the map its classification."""
    facts = option.facts
    if option.id.startswith("ruc"):
        return option.id in definitions
    if "round" not in facts:
        return True
    rows = returns[returns["round"] == facts["round"]]
    if facts.get("level") == "overall":
        rows = rows[rows["construct"] == frames.COMPARABLE]
    elif "level" in facts:
        rows = rows[rows["level"] == facts["level"]]
    return not rows.empty


def rural_table(page: Page, systems: Sequence[str], definitions: Sequence[str]) -> pd.DataFrame:
    """Rural share by system (rows, sorted) and definition (columns), from the map that holds them.

    Only definitions that give every system a share are kept.
    """
    for name in ("rurality", "rurality_2026"):
        table = page.read(name)
        wide = table.set_index(["ics_code", "definition"])["rural_share"].unstack()  # noqa: PD010
        wide = wide.reindex(sorted(systems)).dropna(axis=1)
        kept = [definition for definition in definitions if definition in wide]
        if kept:
            return wide[kept]
    raise ValueError("no definition gives a rural share to every system of the returns")


def rurality_analyses(
    returns: pd.DataFrame, rural: pd.DataFrame, family: Family
) -> tuple[list[Chosen], Analyses] | None:
    """Every valid analysis of the rurality slope; None where the rounds hold none.

    Args:
        returns: tidy returns.
        rural: rural share by system (rows, sorted) and definition (columns).
        family: ``rurality`` or ``direct`` of the declared families.
    """
    chosen = combinations(family, lambda o: is_present(returns, o, list(rural.columns)))
    if not chosen:
        return None
    facts = {(name, o.id): o.facts for one in chosen for name, o in one.items()}

    # Analyses have most of their steps in common.
    @cache
    def whole(measure: str) -> Filed:
        fact = facts["measure", measure]
        return filed(returns, measure_of(returns, int(str(fact["round"])), str(fact["level"])))

    @cache
    def own(measure: str, kept: str) -> Filed:
        return _subset(whole(measure), facts["returns", kept])

    @cache
    def shares(averaging: str, *which: str) -> FloatArray:
        return averaging_weights(own(*which), averaging)

    @cache
    def read(domains: str, *which: str) -> Read:
        fact = facts["returns", which[1]] | facts["domains", domains]
        return _read(own(*which), fact, rural.index)

    @cache
    def means(averaging: str, domains: str, *which: str) -> FloatArray:
        y = pd.Series(read(domains, *which).scores * shares(averaging, *which))
        return y.groupby(own(*which).system).sum().reindex(rural.index).to_numpy(float)

    scores, weights = [], []
    for one in chosen:
        of = [one[name].id for name in ("averaging", "domains", "measure", "returns")]
        scores.append(means(*of))
        found = read(*of[1:])
        weights.append(_weights(one["weights"].id, found.counts, found.tau2, found.sigma2))
    return chosen, _matrices(chosen, scores, weights, rural, family.predicted)


def _subset(all_returns: Filed, facts: dict) -> Filed:
    if (only := facts.get("setting")) is not None:
        return all_returns.kept(all_returns.setting == only)
    return all_returns.kept(all_returns.setting != facts.get("without_setting", ""))


@dataclass(frozen=True, eq=False)
class Read:
    """Scores (rows,) of returns; providers by system (G,); variance between and within systems."""

    scores: FloatArray
    counts: FloatArray
    tau2: float
    sigma2: float


def _read(own: Filed, facts: dict, systems: pd.Index) -> Read:
    y = own.score(facts.get("without"))
    if facts.get("adjusted"):
        y = at_equal_settings(y, own.setting, own.system)
    names, codes = group_codes(own.provider)
    home = own.system[np.unique(codes, return_index=True)[1]]
    by_provider = group_sums(y, codes, len(names)) / np.bincount(codes)
    fit = random_intercept(by_provider, np.ones((len(names), 1)), home)
    counts = pd.Series(home).value_counts().reindex(systems, fill_value=0).to_numpy(float)
    return Read(y, counts, fit.tau2, fit.sigma2)


def averaging_weights(own: Filed, rule: str) -> FloatArray:
    """Weight (rows,) of each return in its system's score; they sum to 1 in every system."""
    returns = pd.DataFrame({"system": own.system, "provider": own.provider, "s": own.setting})
    if rule == "row":
        return (1 / returns.groupby("system")["s"].transform("size")).to_numpy(float)
    unit = {"provider": "provider", "setting_balanced": "s"}[rule]
    inside = returns.groupby(["system", unit])["system"].transform("size")
    units = returns.groupby("system")[unit].transform("nunique")
    return (1 / (inside * units)).to_numpy(float)


def at_equal_settings(y: FloatArray, setting: np.ndarray, system: np.ndarray) -> FloatArray:
    """Scores of returns less what their setting scores inside systems, centred on the mean mix."""
    kinds = indicators(setting)[:, 1:]
    _, codes = group_codes(system)
    sizes = np.bincount(codes)
    inside = [x - (group_sums(x, codes, sizes.size) / sizes[:, None])[codes]
              for x in (kinds, y[:, None])]  # fmt: skip
    effects = np.linalg.lstsq(inside[0], inside[1][:, 0], rcond=None)[0]
    return np.asarray(y - (kinds - kinds.mean(axis=0)) @ effects)


def _weights(kind: str, counts: FloatArray, tau2: float, sigma2: float) -> FloatArray:
    """Weight of each system; 0 where it has no provider."""
    if kind == "equal":
        return (counts > 0).astype(float)
    if kind == "providers":
        return counts
    return np.where(counts > 0, 1 / (tau2 + sigma2 / np.maximum(counts, 1)), 0.0)


def _matrices(
    chosen: list[Chosen],
    scores: list[FloatArray],
    weights: list[FloatArray],
    rural: pd.DataFrame,
    predicted: int,
) -> Analyses:
    definitions = list(rural.columns)
    return Analyses(
        scores=np.nan_to_num(np.column_stack(scores)),
        weights=np.column_stack(weights),
        rural=rural.to_numpy(float),
        definition=np.array([definitions.index(one["rural"].id) for one in chosen]),
        robust=np.array([one["errors"].id == "hc3" for one in chosen]),
        predicted=predicted,
    )


# The change of place between rounds


def shift_analyses(
    page: Page, rural: pd.DataFrame, family: Family
) -> tuple[list[Chosen], Analyses] | None:
    """Every valid analysis of the change of place; None where no rounds can be linked."""
    returns, links = page.read("returns"), page.read("links")
    chosen = combinations(family, lambda o: is_present(returns, o, list(rural.columns)))
    held = set(returns[["round", "level"]].itertuples(index=False, name=None))
    chosen = [one for one in chosen if (one["before"].facts["round"], one["parts"].id) in held]

    facts = {(name, o.id): o.facts for one in chosen for name, o in one.items()}
    scales = dict.fromkeys(one["scale"].id for one in chosen)

    @cache
    def returned(year: int, parts: str) -> pd.Series:
        return returned_scores(returns, links, year, parts)

    @cache
    def earlier(year: int, parts: str, rule: LinkRule) -> pd.Series:
        routes = links[links["round"] == year]
        found = predecessor_values(returned(year, parts), routes, rule).by_provider
        return found.set_index("provider_code")["score"]

    @cache
    def whole(measure: str) -> Filed:
        fact = facts["measure", measure]
        return filed(returns, measure_of(returns, int(str(fact["round"])), str(fact["level"])))

    @cache
    def later(measure: str, crosswalk: str) -> pd.DataFrame:
        pillars = facts["crosswalk", crosswalk]["pillars"]
        return later_scores(whole(measure), pillars)  # type: ignore[arg-type]

    @cache
    def by_system(
        year: int, parts: str, rule: LinkRule, *which: str
    ) -> tuple[dict[str, FloatArray], FloatArray]:
        after = later(*which)
        before = earlier(year, parts, rule).reindex(after.index).to_numpy(float)
        both = ~np.isnan(before)
        scores = before[both], after["after"].to_numpy(float)[both]
        changes = pd.DataFrame({scale: change_of_place(*scores, scale) for scale in scales})
        home = rural.index.get_indexer(after["ics_code"])[both]
        means = changes.groupby(home).mean().reindex(range(len(rural)))
        counts = np.bincount(home[home >= 0], minlength=len(rural)).astype(float)
        return {scale: means[scale].to_numpy(float) for scale in scales}, counts

    kept, scores, weights = [], [], []
    for one in chosen:
        year = int(str(one["before"].facts["round"]))
        which = year, one["parts"].id, one["link"].id, one["measure"].id, one["crosswalk"].id
        means, counts = by_system(*which)
        if (counts > 0).sum() >= FEWEST_SYSTEMS:
            kept.append(one)
            scores.append(means[one["scale"].id])
            weights.append(_weights(one["weights"].id, counts, 0.0, 1.0))
    if not kept:
        return None
    return kept, _matrices(kept, scores, weights, rural, family.predicted)


def returned_scores(returns: pd.DataFrame, links: pd.DataFrame, year: int, parts: str) -> pd.Series:
    """Mean of an earlier round's themes or sections, by the code returned."""
    whole = comparison.whole_returns(returns[returns["level"] == parts], links, year)
    return whole.groupby("provider_code_returned")["score"].mean()


def later_scores(own: Filed, pillars: Mapping[str, int]) -> pd.DataFrame:
    """Weighted mean of pillars (plain mean where none are named) by provider: ics_code, after."""
    weights = np.array([pillars.get(name, 0) if pillars else 1 for name in own.names])
    scores = own.parts @ weights / weights.sum()
    frame = pd.DataFrame({"provider_code": own.provider, "ics_code": own.system, "after": scores})
    return frame.groupby("provider_code").agg(
        ics_code=("ics_code", "first"), after=("after", "mean")
    )


def change_of_place(first: FloatArray, second: FloatArray, scale: str) -> FloatArray:
    """Each provider's change of place among all, in standard deviations.

    Scales: standard scores; the earlier score replaced by the later one of the same percentile;
    normal scores of ranks. All of them force the mean change to nought.
    """
    if scale == "ranks":
        ranks = (stats.rankdata(join_ties(x)) for x in (first, second))
        places = [special.ndtri((rank - 0.5) / first.size) for rank in ranks]
        return np.asarray(places[1] - places[0])
    if scale == "equipercentile":
        first = equipercentile_link(first, second).before
        return np.asarray((second - first) / second.std(ddof=1))
    return np.asarray(_standard(second) - _standard(first))


def _standard(x: FloatArray) -> FloatArray:
    return np.asarray((x - x.mean()) / x.std(ddof=1))


def mean_shifts(page: Page, family: Family) -> pd.DataFrame:
    """The mean shift of every valid analysis, without any test.

    Returns:
        before, after, link, rule, n, earlier, later, shift; empty where no rounds can be linked.
    """
    returns, items, links = (page.read(name) for name in ("returns", "items", "links"))
    options = {choice.id: choice.options for choice in family.choice}
    years = {name: [int(str(o.facts["round"])) for o in options[name]]
             for name in ("before", "after")}  # fmt: skip
    rules = [option.id for option in options["scoring"]]
    rows = []
    later = {y: comparison.later_scores(returns, y).set_index("provider_code")["score"]
             for y in years["after"] if y in set(returns["round"])}  # fmt: skip
    for before in (y for y in years["before"] if y in set(items["round"])):
        routes = links[links["round"] == before]
        scored = comparison.earlier_scores(page, before)
        for link, rule in product(options["link"], rules):
            found = predecessor_values(scored[rule], routes, link.id)  # type: ignore[arg-type]
            first = found.by_provider.set_index("provider_code")["score"]
            for after, scores in later.items():
                earlier = first.reindex(scores.index).dropna()
                rows.append((before, after, link.id, rule, len(earlier), earlier.mean(),
                             scores[earlier.index].mean()))  # fmt: skip
    table = pd.DataFrame(rows, columns=["before", "after", "link", "rule", "n", "earlier", "later"])
    return table.assign(shift=table["later"] - table["earlier"])
