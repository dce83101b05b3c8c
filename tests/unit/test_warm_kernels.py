"""Kernels are forked where that is possible and safe, and end with whoever needs them."""

import asyncio
import json
import os
import signal
import time
from ast import literal_eval
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from ics_maturity.report.notebook import Cell, Notebook, shared_imports
from ics_maturity.report.plan import Step
from ics_maturity.report.run import run
from ics_maturity.report.warm import parents, provisioner
from ics_maturity.report.warm.client import QuickClient
from small_project import SmallProject

linux = pytest.mark.skipif(not parents.warm_is_possible(), reason="forks on Linux only")


@pytest.fixture(autouse=True, scope="module")
def no_parents_left() -> Iterator[None]:
    yield
    parents.parents.close()


class Specs(KernelSpecManager):
    """One kernelspec, which names the provisioner as a kernel.json would."""

    imports = ""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = KernelSpec(**get_kernel_dict())
        config = {"imports": self.imports}
        stanza = {"provisioner_name": provisioner.NAME, "config": config}
        spec.metadata = {"kernel_provisioner": stanza}
        return spec


@asynccontextmanager
async def kernel(
    imports: str = "import json", **options: object
) -> AsyncIterator[tuple[AsyncKernelManager, QuickClient]]:
    specs = Specs()
    specs.imports = imports
    manager = AsyncKernelManager(kernel_spec_manager=specs)
    manager.client_class = "ics_maturity.report.warm.client.QuickClient"
    await manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def tell(client: QuickClient, expression: str) -> object:
    """Value of an expression in the kernel."""
    asked = {"it": f"__import__('json').dumps({expression})"}
    reply = await client.execute("", user_expressions=asked, reply=True, timeout=60)
    return json.loads(
        literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])
    )


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens within moments."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether there is a process of that number, one that has ended but not been seen aside."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@linux
def test_kernels_share_a_parent_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        own = {**os.environ, "JPY_SESSION_NAME": "second"}
        async with (
            kernel("import colorsys") as (_, first),
            kernel("import colorsys", env=own) as (_, second),
            kernel("import colorsys", cwd=str(tmp_path)) as (_, elsewhere),
        ):
            ask = "[__import__('os').getppid(), __import__('os').environ.get('JPY_SESSION_NAME')]"
            one, two, three = [await tell(c, ask) for c in (first, second, elsewhere)]
            assert one[0] == two[0] != three[0]
            assert [one[1], two[1]] == [None, "second"]
            assert await tell(first, "'colorsys' in __import__('sys').modules")
            assert await tell(elsewhere, "__import__('os').getcwd()") == str(tmp_path)
            await first.execute("import colorsys; colorsys.left = 1", reply=True, timeout=60)
            assert await tell(first, "__import__('colorsys').left") == 1
            assert not await tell(second, "hasattr(__import__('colorsys'), 'left')")

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    asyncio.run(go())


@linux
def test_end_of_a_kernel_is_known_and_its_number_kept_until_it_is_seen() -> None:
    async def go() -> None:
        async with kernel() as (manager, client):
            process = manager.provisioner.process
            assert process.poll() is None
            client.execute("import os; os._exit(7)")
            await until(lambda: process.poll() == 7)
            assert Path(f"/proc/{process.pid}").exists()
            process.wait()
            await until(lambda: not Path(f"/proc/{process.pid}").exists())

    asyncio.run(go())


@linux
def test_kernel_ends_with_its_owner_and_what_it_started_with_it() -> None:
    async def go() -> None:
        async with kernel() as (manager, client):
            start = "__import__('subprocess').Popen(['sleep', '60']).pid"
            child = await tell(client, start)
            process = manager.provisioner.process
            process.wait()  # closes its line, as the end of this process would
            await until(lambda: not lives(process.pid) and not lives(child))

    asyncio.run(go())


@linux
def test_kernels_end_with_their_parent_and_the_next_one_gets_another() -> None:
    async def go() -> None:
        async with kernel() as (manager, client):
            os.kill(await tell(client, "__import__('os').getppid()"), signal.SIGKILL)
            process = manager.provisioner.process
            await until(lambda: process.poll() == parents.KILLED)
            await until(lambda: not lives(process.pid))
            async with kernel() as (_, next_client):
                assert await tell(next_client, "1 + 1") == 2

    asyncio.run(go())


@linux
def test_edited_code_is_imported_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def value() -> object:
        async with kernel("import edited") as (_, client):
            return await tell(client, "__import__('edited').value")

    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "edited.py").write_text("value = 1")
    assert asyncio.run(value()) == 1
    (tmp_path / "edited.py").write_text("value = 20")
    assert asyncio.run(value()) == 20


@pytest.mark.parametrize(
    ("imports", "setting"),
    [
        ("import threaded", ""),
        ("import json", "ordinary"),
    ],
)
def test_ordinary_kernel_serves_where_a_fork_would_lose_a_thread_or_is_not_wanted(
    imports: str, setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with kernel(imports) as (manager, client):
            assert not isinstance(manager.provisioner.process, parents.Forked)
            assert await tell(client, "1 + 1") == 2

    starts = "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True)"
    (tmp_path / "threaded.py").write_text(f"{starts}.start()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(parents.KERNEL_VARIABLE, setting)
    asyncio.run(go())


@linux
def test_client_gives_up_on_a_dead_kernel() -> None:
    async def go() -> None:
        async with kernel() as (manager, client):
            await manager.provisioner.kill()
            with pytest.raises(RuntimeError, match="died"):
                await client.wait_for_ready(timeout=60)

    asyncio.run(go())


def test_shared_imports_are_those_of_two_pages() -> None:
    def notebook(*sources: str) -> Notebook:
        return Notebook("x", tuple(Cell("code", source, ()) for source in sources), "")

    notebooks = [
        notebook("import b, a\nx = 1", "%magic\nimport never"),
        notebook("from c import (\n    d,\n    e as f,\n)", "def g():\n    import later"),
        notebook("import b\nfrom c import d, e", "import b"),
    ]
    assert shared_imports(notebooks) == "from c import d\nimport b"
    assert shared_imports([notebooks[0]] * 2) == "import a\nimport b"


@linux
def test_kernels_of_a_run_come_from_the_parent_that_was_started_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    asked: list[parents.Key] = []
    of = parents.parents.of
    monkeypatch.setattr(parents.parents, "of", lambda key: asked.append(key) or of(key))
    steps = (Step("01_first", inputs=("raw",), outputs=("cleaned",)),)
    SmallProject.make(tmp_path, steps)
    run("demo", root=tmp_path, steps=steps)
    early, by_the_kernel = asked
    assert early == by_the_kernel
