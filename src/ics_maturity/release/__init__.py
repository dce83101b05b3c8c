"""Pages for sharing: the report without anything at provider level.

What may leave is listed (``allowed.toml``); everything else is withheld. Small systems, and those
that would give them away by subtraction, are suppressed. Before anything is written, every byte
is searched for what must not be in it.
"""
