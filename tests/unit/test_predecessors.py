import pandas as pd
import pytest

from ics_maturity.models.predecessors import RULES, predecessor_values

# A stays; B and C become M; S splits into P (70%) and Q (30%), where it joins D; X closes;
# E has a successor but no score.
LINKS = pd.DataFrame(
    [
        ("A", "A", 1.0),
        ("B", "M", 1.0),
        ("C", "M", 1.0),
        ("S", "P", 0.7),
        ("S", "Q", 0.3),
        ("D", "Q", 1.0),
        ("E", "E", 1.0),
        ("X", None, 1.0),
    ],
    columns=["code_returned", "provider_code", "weight"],
)
SCORES = pd.Series({"A": 50.0, "B": 40.0, "C": 70.0, "S": 20.0, "D": 80.0, "X": 10.0})
SIZES = pd.Series({"A": 5.0, "B": 10.0, "C": 20.0, "S": 10.0, "D": 2.0, "E": 1.0, "X": 1.0})


def _values(rule):
    result = predecessor_values(SCORES, LINKS, rule, SIZES)
    return result.by_provider.set_index("provider_code")["score"].to_dict()


def test_unweighted_counts_a_split_organisation_by_its_share():
    expected = {"A": 50, "M": 55, "P": 20, "Q": (0.3 * 20 + 80) / 1.3}
    assert _values("unweighted") == pytest.approx(expected)


def test_weighted_by_size():
    expected = {"A": 50, "M": (400 + 1400) / 30, "P": 20, "Q": (3 * 20 + 2 * 80) / 5}
    assert _values("weighted") == pytest.approx(expected)


def test_largest():
    assert _values("largest") == {"A": 50, "M": 70, "P": 20, "Q": 20}


def test_drop_merged_keeps_whole_single_organisations():
    assert _values("drop_merged") == {"A": 50}


def test_largest_without_a_score_gives_no_value():
    scores = SCORES.drop("C")
    values = predecessor_values(scores, LINKS, "largest", SIZES).by_provider
    assert "M" not in set(values["provider_code"])
    means = predecessor_values(scores, LINKS, "unweighted").by_provider.set_index("provider_code")
    assert means.loc["M", ["score", "predecessors", "scored"]].tolist() == [40, 2, 1]


@pytest.mark.parametrize("rule", RULES)
def test_attrition_accounts_for_every_organisation(rule):
    result = predecessor_values(SCORES, LINKS, rule, SIZES, later_providers={"A", "M", "N"})
    steps = result.attrition.set_index("step")["organisations"]
    assert steps["in the succession table"] == 7
    assert steps["no successor among later providers"] == 1
    assert steps["successor known, but no score"] == 1
    left = {"drop_merged": 4}.get(rule, 0)
    assert steps["scored, but left out by the rule"] == left
    assert steps["given a value"] == 5 - left
    providers = result.attrition.set_index("step")["providers"]
    known = set(result.by_provider["provider_code"])
    assert providers["value, but no later score"] == len(known - {"A", "M", "N"})
    assert providers["later score, but no value"] == len({"A", "M", "N"} - known)
    assert providers["in both rounds"] == len(known & {"A", "M"})


@pytest.mark.parametrize(
    ("scores", "links", "rule", "sizes", "message"),
    [
        (SCORES, LINKS, "median", None, "unknown rule 'median'"),
        (SCORES, LINKS, "weighted", None, "needs a size"),
        (SCORES, LINKS, "largest", SIZES.drop("D"), "no positive size for D"),
        (SCORES, LINKS, "largest", SIZES * 0, "no positive size for A"),
        (SCORES, LINKS[LINKS["code_returned"] != "X"], "unweighted", None, "table for X"),
        (pd.concat([SCORES, SCORES.head(1)]), LINKS, "unweighted", None, "A holds two scores"),
        (SCORES, pd.concat([LINKS, LINKS.head(1)]), "unweighted", None, "same provider twice"),
    ],
)
def test_inputs_that_would_lose_someone(scores, links, rule, sizes, message):
    with pytest.raises(ValueError, match=message):
        predecessor_values(scores, links, rule, sizes)
