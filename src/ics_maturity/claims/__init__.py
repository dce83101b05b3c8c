"""Published claims about digital maturity, and what the returns at hand say about each.

``register`` reads the claims and the statements in them; ``quantities`` computes from the
``evidence`` what a statement is about; ``verdicts`` compares the two by rule. No verdict is
written down anywhere: it follows from the statement, the data and the rule.
"""
