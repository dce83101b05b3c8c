"""Estimators: pure functions from arrays or small frames to small frozen results.

Nothing here reads a file, draws a figure or knows which notebook calls it. Each function
names the paper it comes from; tests/conformance holds the published answers it must give.
Import the module you need (``from ics_maturity.models.variance import random_intercept``).
"""
