"""Warm kernels: Jupyter kernels forked from a process that has done the imports already.

Starting a kernel and importing the stack takes longer than most pages take to compute. So
:mod:`~ics_maturity.report.warm.parent` is a process that runs the pages' import statements once
and then forks: each fork becomes an ordinary ipykernel with an environment, a working folder,
random states and standard streams of its own. :mod:`~ics_maturity.report.warm.provisioner` lets
jupyter_client start kernels that way, as a kernel provisioner, so that every front end can, and
:mod:`~ics_maturity.report.warm.client` greets a kernel without waiting for silence.

Parent and user talk through unnamed socket pairs: nothing on disk, nothing another user or
process could open. One pair per parent carries requests; one pair per kernel carries its news
and stands for its life:

* whoever asked for a kernel closes its line, or dies: the parent kills that kernel's group;
* the kernel ends: the parent says so and keeps its process id taken until the line is closed, so
  that a signal cannot hit a stranger;
* the parent dies: the system kills its kernels (``PR_SET_PDEATHSIG``);
* the request pair closes: the parent leaves when its last kernel has.

Linux only: elsewhere (and where a library has started a thread, which a fork would lose)
the ordinary kernel serves, with the same results.
"""
