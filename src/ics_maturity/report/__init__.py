"""From notebooks to a report: check, execute, export, assemble, verify.

:mod:`~ics_maturity.report.run` leads through it. What flows between the parts:

* A notebook writes into ``data/processed/PROFILE``: processed tables (``NAME.csv`` with
  ``NAME.schema.json``), named results (``results/NOTEBOOK.json``), tables for readers
  (``tables/NAME.csv``) and the data behind figures (``figures/NAME.csv``). Each
  ``NAME.schema.json`` in ``tables`` and ``figures`` names its ``notebook`` and its ``title``.
* The runner keeps beside them the notebooks as executed (``executed/``) and, in ``run/``, what it
  knows of them: the files each wrote with their sha256, its page and that page's provenance, and
  doit's record of what is up to date.
* ``reports/PROFILE`` holds the pages, ``tables/`` and ``figures/`` (CSV and dictionaries),
  ``results.json``, ``manifest.json`` and ``index.html``. It is assembled beside its place and
  swapped in whole. File names carry the profile's suffix before the ending
  (``03_model_mix_and_rurality.demo.html``, ``tables/like_for_like_2025.demo.csv``), except the
  index, the results and the manifest.
"""
