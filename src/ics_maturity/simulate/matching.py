"""Which question of 2016 is asked again in 2017, by likeness of wording.

The simulator needs a match to carry answers over, and the demo needs a question key. This one
follows a rule; the published key is its authors' judgement and is not copied.
"""

from difflib import SequenceMatcher
from functools import cache

from ics_maturity.instruments import Item, load
from ics_maturity.instruments.wording import wording_key

_LIKENESS = 0.6  # share of matching characters below which two questions count as different


@cache
def matched_items() -> dict[str, str]:
    """2017 item by 2016 item: within a section and answer scale, the most alike pairs first."""
    pairs = [
        (_likeness(old, new), old.id, new.id)
        for old in load("dma_2016").scored_items
        for new in load("dma_2017").scored_items
        if (old.section, old.answers) == (new.section, new.answers)
    ]
    match: dict[str, str] = {}
    for likeness, old_id, new_id in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if likeness >= _LIKENESS and old_id not in match and new_id not in match.values():
            match[old_id] = new_id
    return match


def _likeness(old: Item, new: Item) -> float:
    matcher = SequenceMatcher(None, wording_key(old.wording), wording_key(new.wording), False)
    possible = min(matcher.real_quick_ratio(), matcher.quick_ratio())  # cheap upper bounds
    return matcher.ratio() if possible >= _LIKENESS else 0.0
