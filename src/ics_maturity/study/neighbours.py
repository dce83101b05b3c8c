"""Which systems resemble a system in what it is, not in how it scores.

Two things are compared: how rural its residents live, and for which care settings its providers
file. Each gap is divided by its root mean square over all pairs of systems, so that both count
alike, and the distance is the root of the sum of their squares. Nearest neighbours by standardised
Euclidean distance are what the NHS RightCare "similar 10" groups and the nearest neighbours of the
Chartered Institute of Public Finance and Accountancy are made by; scores have no part in it.
"""

import numpy as np
import pandas as pd

from ics_maturity.models.design import FloatArray
from ics_maturity.models.ties import join_ties


def setting_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of each system's returns by care setting: systems by settings, rows sum to 1.

    Args:
        rows: one row per return with ``ics_code`` and ``care_setting``.
    """
    return pd.crosstab(rows["ics_code"], rows["care_setting"], normalize="index")


def nearest(code: str, rural_share: pd.Series, shares: pd.DataFrame, count: int) -> pd.DataFrame:
    """The systems nearest to one system, nearest first (equal distances by code).

    Args:
        code: the system.
        rural_share: share of residents in rural areas by system code, 0 to 1. Where one is
            missing, rurality is left out for all.
        shares: the frame of :func:`setting_shares`.
        count: how many; fewer where there are fewer others.

    Returns:
        ics_code, rural_gap (difference of rural shares, that system less this one), mix_gap (share
        of returns that would have to change their care setting, 0 to 1), distance.
    """
    rural = rural_share.reindex(shares.index).to_numpy(float)
    mix = shares.to_numpy(float)
    rural_gaps = rural[None, :] - rural[:, None]
    mix_gaps = np.abs(mix[None, :, :] - mix[:, None, :]).sum(axis=2) / 2
    own = shares.index.get_loc(code)
    near = pd.DataFrame(
        {
            "ics_code": shares.index,
            "rural_gap": rural_gaps[own],
            "mix_gap": mix_gaps[own],
            "distance": np.hypot(_even(rural_gaps), _even(mix_gaps))[own],
        }
    )
    others = near[near["ics_code"] != code]
    # Distances that differ by rounding noise alone must not decide the order.
    order = others.assign(key=join_ties(others["distance"])).sort_values(["key", "ics_code"])
    return order.drop(columns="key").head(count).reset_index(drop=True)


def _even(gaps: FloatArray) -> FloatArray:
    """Gaps over their root mean square over pairs; nought where they are all nought or unknown."""
    size = len(gaps)
    pairs = gaps[~np.eye(size, dtype=bool)]
    scale = float(np.sqrt(np.mean(pairs**2))) if size > 1 else 0.0
    return gaps / scale if scale > 0 else np.zeros_like(gaps)
