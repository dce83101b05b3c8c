"""Invented names. No English county, town or trust is called any of this.

A test holds them against the real register of systems and providers.
"""

REGIONS = (
    "Northreach",
    "Highmarch",
    "Midfold",
    "Eastfen",
    "Capital Ring",
    "Southquay",
    "Westerling",
)

# In the order of the tiles, row by row from the north; one place name per part.
SYSTEMS = (
    "Frostlecombe",
    "Nimbusholm",
    "Oddlemoor",
    "Vexholm and Umberwold",
    "Cindervale",
    "Larkenspire",
    "Wyvernmarch",
    "Basaltmarch",
    "Thrumbleside",
    "Kettledrum, Lanternmere and Mumblecombe",
    "Obsidian Fells",
    "Clockwork Hills",
    "Pumicedale",
    "Quillmarsh",
    "Tinderwold",
    "Brindlefax and Dapplefen",
    "Marrowglen",
    "North Quaverstow",
    "Snoodholm",
    "Inklingfold",
    "Hobnobstow",
    "Zephyrdale",
    "Gossamerley",
    "Yonderfen",
    "Greater Quaverstow",
    "East Quaverstow",
    "Almanac Levels",
    "Jackdawnmere",
    "Saffronreach",
    "Zinniaholm",
    "Velvetmoor",
    "South Quaverstow",
    "Riddlequay",
    "Fidgetmere",
    "Whimsyfold",
    "Driftglen",
    "Mothreach",
    "Gloamhaven and the Isles of Ember",
    "Tumblequay",
    "Ultramarine Coast",
    "Ottersprocket",
    "Penumbra Bay",
)

# Names by role; a system's first provider of a role takes the first, and so on.
ACUTE = (
    "{place} University Hospitals Demo Trust",
    "{place} General Hospital Demo Trust",
    "{place} Infirmary Demo Trust",
    "{place} Children's Hospital Demo Trust",
    "{place} Riverside Hospitals Demo Trust",
    "{place} Women's Hospital Demo Trust",
    "{place} Heart and Lung Hospital Demo Trust",
    "{place} Orthopaedic Hospital Demo Trust",
    "{place} Eye Hospital Demo Trust",
    "{place} Hillside Hospitals Demo Trust",
    "{place} Cancer Hospital Demo Trust",
    "{place} Parkside Hospitals Demo Trust",
)
MENTAL_HEALTH = ("{place} Partnership Demo Trust", "{place} Mental Health Demo Trust")
COMMUNITY = ("{place} Community Health Demo Trust",)
AMBULANCE = ("{place} Ambulance Service Demo Trust",)


def system_name(place: str) -> str:
    """The full name of a system, as a workbook would print it."""
    return f"Demo {place} Integrated Care Board"


def short_place(system: str) -> str:
    """The first place of a system's name, for its providers' names."""
    return system.split(",")[0].split(" and ")[0]
