"""Bad input as data: one small module for each family of faults, every case with its outcome."""

from . import files, organisations, profile_file, structure, values
from .case import OWN, PROFILE, TEMPLATE_XLSX, Case, Logged, Read, Refused

CASES: list[Case] = [
    *structure.CASES,
    *values.CASES,
    *files.CASES,
    *organisations.CASES,
    *profile_file.CASES,
]
__all__ = ["CASES", "OWN", "PROFILE", "TEMPLATE_XLSX", "Case", "Logged", "Read", "Refused"]
