"""Kills commands of mien at moments drawn by chance, and says where a home is not as it must be afterwards."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.holdings import Holdings, audited, sweep, undone, unheard, unmentioned, whole

from mien.domain.errors import MienError
from mien.privacy.audit.chain import Verdict

ROOT = Path(__file__).resolve().parents[2]
KILLED = -9


@dataclass(frozen=True)
class Ended:
    """How a command ended (exit code; negative is the signal), after how many seconds, and what it said.

    Of one that was not killed, how many moments passed, and at which of them and when it first changed anything.
    """

    code: int
    seconds: float
    told: str
    moments: int = 0
    first: int = 0
    first_s: float = 0.0

    @property
    def is_killed(self) -> bool:
        return self.code == KILLED


class Mortals:
    """Runs commands in processes of their own that may be killed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "tests.support.mortal"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def run(self, home: Path, *arguments: str | Path, moment: int = 0, delay_s: float = 0.0) -> Ended:
        """Run a command over a home, and kill it at a moment (from 1), or after some seconds, or not at all."""
        told = home.with_name(f"{home.name}.told")
        order = {
            "arguments": [str(one) for one in arguments],
            "environment": {"MIEN_HOME": str(home)},
            "told": str(told),
            "moment": moment,
            "delay_s": delay_s,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process that runs {arguments} is gone"
        ended = Ended(**json.loads(answer), told=told.read_text(errors="replace"))
        assert "Traceback" not in ended.told and "should not have happened" not in ended.told, ended.told
        return ended


@dataclass(frozen=True)
class Command:
    """A command over a home, and what is known of it.

    ``is_one`` says that it does all or nothing; one that does not goes on where it was killed. One that ``looks`` at
    faces anew never comes to the very same again, but everybody is who they were. ``counter`` takes back what it does,
    where something does. Ids that it is to remove for good are ``leaving``. ``before`` is the home it starts with: a
    folder, which may not be there.
    """

    name: str
    arguments: tuple[str | Path, ...]
    before: Path
    is_one: bool = True
    looks: bool = False
    counter: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


@dataclass
class Tally:
    """What kills came to: how many hit, and how many came too ``late``.

    After how many everything was as before (``undone``), as after the command (``done``), or ``between`` for one that
    goes on where it was; how often the log ended in a ``torn`` line, or was yet to be told of something (``unheard``);
    and how many ``leftovers``, files of pictures that no row names, there were. ``failures`` is what must not be.
    """

    kills: int = 0
    late: int = 0
    undone: int = 0
    done: int = 0
    between: int = 0
    leftovers: int = 0
    torn: int = 0
    unheard: int = 0
    failures: list[str] = field(default_factory=list)


class Killing:
    """Kills a command again and again, each time over a home of its own, and checks what is left of that home."""

    def __init__(self, command: Command, mortals: Mortals, folder: Path) -> None:
        self.command = command
        self.tally = Tally()
        self._mortals = mortals
        self._folder = folder
        self._before = whole(command.before) if command.before.exists() else None
        self._first = undone(command.before, folder / "first") if self._before else None
        home = self._copy()
        self.whole_run = self._run(home)
        assert self.whole_run.code == 0, self.whole_run.told
        self._after = whole(home)
        self._last = undone(home, folder / "last")
        shutil.rmtree(home)

    def kill(self, count: int, seed: int = 0) -> Tally:
        """Kill so many times: by turns at a moment and after some seconds, drawn by chance from where it matters.

        A tenth is killed before the command changes anything.
        """
        chance, run = random.Random(f"{self.command.name} {seed}"), self.whole_run
        early, early_s = (run.moments - run.first) // 9, (run.seconds - run.first_s) / 9
        for number in range(count):
            if number % 2:
                self.kill_once(delay_s=chance.uniform(max(run.first_s - early_s, 0.001), run.seconds))
            else:
                self.kill_once(moment=chance.randint(max(run.first - early, 1), run.moments))
        return self.tally

    def kill_once(self, moment: int = 0, delay_s: float = 0.0) -> None:
        """Kill at a moment or after some seconds, and note where the home is not as it must be."""
        home = self._copy()
        try:
            if not self._run(home, moment=moment, delay_s=delay_s).is_killed:
                self.tally.late += 1
                return
            self.tally.kills += 1
            self._check(home)
        except (AssertionError, MienError) as error:
            self.tally.failures.append(f"killed at moment {moment} or {delay_s:.4f} s: {error}")
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _check(self, home: Path) -> None:
        if self._before is None or self._first is None:
            again = self._run(home)
            assert again.code == 0, again.told
            assert whole(home).as_told == self._after.as_told, "done again, it comes to something else"
            assert audited(home).is_whole and not unheard(home) and not unmentioned(home), audited(home)
            sweep(home)
            return
        found = whole(home, self.command.leaving)
        self._count(found, audited(home), unheard(home))
        if self.command.leaving:
            assert self._after.within(found), "more went than was to go"
        else:
            assert self._before.within(found), "something that was there before is gone"
            assert self._first.within(undone(home, self._folder / "undone")), "the changes cannot all be undone"
        if self.command.is_one and found.as_told == self._after.as_told:
            self._take_back(home)
        else:
            self._do_again(home, found)
        assert audited(home).is_whole, audited(home)
        assert not unheard(home), "the audit log was never told of something that was done"
        assert not unmentioned(home), f"the audit log was never told of {unmentioned(home)}"
        sweep(home)

    def _count(self, found: Holdings, verdict: Verdict, waiting: int) -> None:
        is_begun, is_done = found.as_told != self._before.as_told, found.as_told == self._after.as_told
        assert not self.command.is_one or is_done or not is_begun, f"half done: {found}"
        assert verdict.is_whole or "a process died while it wrote it" in verdict.reason, verdict
        self.tally.undone += not is_begun
        self.tally.between += is_begun and not is_done
        self.tally.done += is_done
        self.tally.leftovers += found.leftovers
        self.tally.torn += not verdict.is_whole
        self.tally.unheard += bool(waiting)

    def _do_again(self, home: Path, found: Holdings) -> None:
        again = self._run(home)
        is_gone = bool(self.command.leaving) and found.as_told == self._after.as_told
        assert again.code == 0 or (is_gone and "there is no" in again.told), again.told
        told, after = whole(home), self._after
        is_same = told.people == after.people if self.command.looks else told.as_told == after.as_told
        assert is_same, f"done again, it comes to {told.as_told}, not {after.as_told}"
        last = self._first if self.command.looks else self._last
        assert last.within(undone(home, self._folder / "undone")), "the changes cannot all be undone"

    def _take_back(self, home: Path) -> None:
        if not self.command.counter:
            return
        ended = self._mortals.run(home, *self.command.counter)
        assert ended.code == 0, ended.told
        assert whole(home).lasting == self._before.lasting

    def _run(self, home: Path, **death: float) -> Ended:
        return self._mortals.run(home, *self.command.arguments, **death)

    def _copy(self) -> Path:
        home = self._folder / "killed"
        if self.command.before.exists():
            shutil.copytree(self.command.before, home)
        return home
