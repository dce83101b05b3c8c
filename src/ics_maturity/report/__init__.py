"""From notebooks to a report: check, execute, export, assemble, verify.

What flows between the parts:

* A notebook writes into ``data/processed/PROFILE``: processed tables (``NAME.csv`` with
  ``NAME.schema.json``), named results (``results/NOTEBOOK.json``), tables for readers
  (``tables/NAME.csv``) and the data behind figures (``figures/NAME.csv``). Each
  ``NAME.schema.json`` in ``tables`` and ``figures`` names its ``notebook`` and its ``title``,
  so that files of a notebook that no longer writes them can be told from the rest.
* The runner executes notebooks whose inputs changed (``executed/NOTEBOOK.ipynb`` beside the
  tables), has them exported (:mod:`ics_maturity.report.context` says what is handed over), and
  assembles ``reports/PROFILE``: pages, ``tables/`` (both kinds of CSV), ``results.json``,
  ``manifest.json`` and ``index.html``. It is swapped in whole.
* File names in a report carry the profile's suffix before the ending
  (``03_model_mix_and_rurality.demo.html``, ``tables/like_for_like_2025.demo.csv``);
  ``index.html``, ``results.json`` and ``manifest.json`` do not.
"""
