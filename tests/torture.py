"""Cells that a kernel must survive, or die of, in the same way however it was started.

Each notebook runs in a kernel of its own, one after the other: what an earlier one leaves
behind must not reach a later one.
"""

import nbformat
from nbformat import NotebookNode

# Everything that a page could inherit by mistake, printed.
STATE = """\
import locale, logging, os, random, signal, sys, threading, warnings
import matplotlib, numpy, pandas
import matplotlib.pyplot as plt
print(sorted((k, str(v)) for k, v in matplotlib.rcParams.items()))
print(matplotlib.get_backend(), plt.get_fignums(), plt.isinteractive(), matplotlib.is_interactive())
print(pandas.get_option("display.max_rows"), pandas.get_option("display.precision"))
print(sorted((k, v) for k, v in os.environ.items() if k != "JPY_PARENT_PID"))
print(os.getcwd(), os.umask(0o22), sys.argv[3:], sys.path, sys.flags, sys.getrecursionlimit())
print([(action, str(category)) for action, _, category, _, _ in warnings.filters])
print(numpy.geterr(), numpy.get_printoptions(), locale.getlocale(), sys.getdefaultencoding())
print(sorted(t.name.split("(")[0].rstrip("0123456789 ") for t in threading.enumerate()))
print(threading.current_thread() is threading.main_thread(), threading.active_count())
print([signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)])
print(type(sys.stdout), type(sys.stderr), type(sys.displayhook), sys.stdin.isatty())
print(os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid(), sys.stdin.read())
print(__name__, __builtins__, [n for n in dir() if not n.startswith("_")])
print(logging.root.handlers, logging.root.level, random.getrandbits is not None)
print(get_ipython().history_manager.hist_file, get_ipython().user_module.__dict__ is globals())
"""

DRAW = """\
import matplotlib.pyplot as plt
import pandas as pd
plt.plot([1, 2], [2, 1])
pd.DataFrame({"a": [1, 2]}).plot()
"""

NOTEBOOKS = {
    "state": [STATE],
    "drawing": [DRAW, "plt.figure(); plt.plot([1]); plt.show()", "plt.get_fignums()"],
    "settings": [
        "import matplotlib as mpl, pandas as pd, numpy as np, os, warnings, locale, sys, builtins",
        "mpl.rcParams['figure.dpi'] = 7; mpl.rcParams['font.size'] = 31",
        "pd.set_option('display.max_rows', 3); np.seterr(all='raise'); np.set_printoptions(1)",
        "os.environ['LEFT_BEHIND'] = '1'; os.chdir('/'); os.umask(0o77)",
        "warnings.simplefilter('error'); sys.path.insert(0, '/left/behind'); sys.argv.append('x')",
        "pd.DataFrame.sum = None; builtins.sorted = None; sys.setrecursionlimit(900)",
        "np.random.seed(1); import random; random.seed(1); np.random.rand(), random.random()",
    ],
    "state again": [STATE],
    "words": [
        "print('one'); import sys; print('two', file=sys.stderr); print('three')",
        "import os; os.write(1, b'raw\\n'); os.write(2, b'raw error\\n'); None",
        "import subprocess; subprocess.run(['echo', 'from a child']); None",
        "import warnings; warnings.warn_explicit('beware', UserWarning, 'a file', 1)",
        "import logging; logging.warning('logged')",
        "input_given = None\ntry:\n    input()\nexcept Exception as error:\n    print(type(error))",
        "display({'text/plain': 'x', 'text/html': '<b>x</b>'}, raw=True); 1 + 1",
        "%who_ls",
        "!echo shell",
        "_, __, In[1][:5], Out",
    ],
    "threads": [
        "import threading, concurrent.futures as f, multiprocessing as mp",
        "seen = []; t = threading.Thread(target=lambda: seen.append(1)); t.start(); t.join(); seen",
        "with f.ThreadPoolExecutor(3) as pool: print(list(pool.map(abs, [-1, -2])))",
        "with mp.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-3, -4]))",
        "import asyncio; await asyncio.sleep(0.01); 'awaited'",
    ],
    "error": ["x = 1", "def f():\n    return x / 0\nf()", "print('never')"],
    "recursion": ["def f(n):\n    return f(n + 1)\nf(0)"],
    "exit": ["import sys; sys.exit(3)"],
    "hard exit": ["import os; os._exit(7)"],
    "signal": ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"],
    "memory": [
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))",
        "bytearray(2**32)",
    ],
    "interrupted": [
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)\nimport time; time.sleep(1)"
    ],
    "state at last": [STATE],
}


def notebook(name: str) -> NotebookNode:
    """The notebook of that name."""
    new = nbformat.v4
    cells = [new.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(NOTEBOOKS[name])]
    return new.new_notebook(cells=cells)
