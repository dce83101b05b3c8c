"""What it would have paid to be rated otherwise: points between a system and a place."""

import numpy as np
import pandas as pd

from ics_maturity.models import targeting
from ics_maturity.models.targeting import Rule
from ics_maturity.support.scored import provider_weights


def points_by_system(
    rows: pd.DataFrame, rule: Rule, averaging_rule: str, scale: tuple[float, float]
) -> pd.DataFrame:
    """How far each system's crude score, or one of its providers, would have had to move.

    Args:
        rows: one row per return, with its system.
        rule: who gets support, by the crude score.
        averaging_rule: how returns become the crude score.
        scale: lowest and highest possible score.

    Returns:
        ics_code, supported, points (all providers together; 0 if supported), one_provider (the
        least that a single provider would have to move by itself, within the scale; missing if
        none could), sorted by code.
    """
    providers = provider_weights(rows, averaging_rule)
    worth = providers["score"] * providers["weight"]
    scores = worth.groupby(providers["ics_code"]).sum()
    points = pd.Series(targeting.points_to_enter(scores, rule), index=scores.index)
    alone = providers["ics_code"].map(points) / providers["weight"]
    upwards = rule.kind == "highest"
    room = scale[1] - providers["score"] if upwards else providers["score"] - scale[0]
    least = alone.where(alone <= room).groupby(providers["ics_code"]).min()
    return pd.DataFrame(
        {
            "ics_code": scores.index,
            "supported": targeting.supported(scores, rule),
            "points": points.to_numpy(),
            "one_provider": np.where(points == 0, 0.0, least),
        }
    )
