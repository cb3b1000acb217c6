"""Reads pickles without executing anything: objects and calls become records that do nothing.

A pickle is a program for a small stack machine (``pickletools`` describes it). This is that machine without its
dangerous half: it imports nothing and calls nothing. Instances are recorded by the name of their class, calls by the
name of what they wanted to call, and any call that is not on the list of harmless ones is refused.
"""

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import IO, Any

from mien.domain.errors import ModelCorrupt


@dataclass(frozen=True, slots=True)
class Global:
    """The name of a class or function, such as ``torch._utils._rebuild_tensor_v2``. Nothing is imported."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the pickle asks for and nobody makes."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(slots=True)
class Instance:
    """An object: the name of its class, its attributes as they were saved, and its items where it is a kind of dict."""

    name: str
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


_ORDERED_DICT = "collections.OrderedDict"
_LITERALS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_VALUES = frozenset({"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"})
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_KEYS = (str, int, float, Global, type(None))  # hashing what is nested very deeply would end the process
_MARK = object()


def read_pickle(stream: IO[bytes], calls: Collection[str], persistent: Callable[[Any], object]) -> Any:
    """The value of one pickle, the stream left behind its end.

    ``calls`` names the functions of which a call may be recorded; an empty ``collections.OrderedDict`` becomes a dict.
    ``persistent`` gives the value of a persistent id. Raises ModelCorrupt for anything else, and for broken pickles.
    """
    machine = _Machine(frozenset(calls), persistent)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
        return machine.result()
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ModelCorrupt("its pickle is cut off or damaged, expected is a whole file of torch.save") from error


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self, calls: frozenset[str], persistent: Callable[[Any], object]) -> None:
        self._calls = calls
        self._persistent = persistent
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[str, Callable[[Any], None]] = {
            "MARK": lambda _: self._stack.append(_MARK),
            "EMPTY_DICT": lambda _: self._stack.append({}),
            "EMPTY_LIST": lambda _: self._stack.append([]),
            "GLOBAL": lambda name: self._stack.append(Global(name.replace(" ", "."))),
            "BINPUT": self._put,
            "LONG_BINPUT": self._put,
            "BINGET": lambda slot: self._stack.append(self._memo[slot]),
            "LONG_BINGET": lambda slot: self._stack.append(self._memo[slot]),
            "TUPLE": lambda _: self._stack.append(tuple(self._above_mark())),
            "APPEND": lambda _: self._extend([self._stack.pop()]),
            "APPENDS": lambda _: self._extend(self._above_mark()),
            "SETITEM": lambda _: self._update([self._stack.pop(-2), self._stack.pop()]),
            "SETITEMS": lambda _: self._update(self._above_mark()),
            "BINPERSID": lambda _: self._stack.append(self._persistent(self._stack.pop())),
            "NEWOBJ": lambda _: self._instantiate(),
            "REDUCE": lambda _: self._record_call(),
            "BUILD": lambda _: self._build(),
        }

    def step(self, opcode: str, argument: Any) -> None:
        """Carry out one instruction, if it is one of the harmless ones."""
        if opcode in _VALUES:
            self._stack.append(argument)
        elif opcode in _LITERALS:
            self._stack.append(_LITERALS[opcode])
        elif opcode in _TUPLES:
            count = _TUPLES[opcode]
            self._stack[-count:] = [tuple(self._stack[-count:])]
        elif opcode in self._steps:
            self._steps[opcode](argument)
        elif opcode not in ("PROTO", "STOP"):
            raise ModelCorrupt(f"the pickle holds the instruction {opcode}, which no checkpoint needs; it is refused")

    def result(self) -> Any:
        if len(self._stack) != 1:
            raise ValueError(f"{len(self._stack)} values left at its end")
        return self._stack[0]

    def _put(self, slot: int) -> None:
        self._memo[slot] = self._stack[-1]

    def _above_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise ValueError("a mark is missing")
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ValueError("values are appended to what is no list")
        target.extend(values)

    def _update(self, flat: list[Any]) -> None:
        target = self._stack[-1]
        items = target.items if isinstance(target, Instance) else target
        if not isinstance(items, dict):
            raise ValueError("items are set in what is no dict")
        if not all(isinstance(key, _KEYS) for key in flat[::2]):
            raise ModelCorrupt("the pickle has a dict with keys of a kind that no checkpoint needs; it is refused")
        items.update(zip(flat[::2], flat[1::2], strict=True))

    def _instantiate(self) -> None:
        arguments, kind = self._stack.pop(), self._stack.pop()
        if not isinstance(kind, Global) or arguments != ():
            raise ModelCorrupt("the pickle makes an object in a way that no checkpoint needs; it is refused")
        self._stack.append(Instance(kind.name))

    def _record_call(self) -> None:
        arguments, target = self._stack.pop(), self._stack.pop()
        name = target.name if isinstance(target, Global) else type(target).__name__
        if name == _ORDERED_DICT and arguments == ():
            self._stack.append({})
        elif isinstance(target, Global) and isinstance(arguments, tuple) and name in self._calls:
            self._stack.append(Call(name, arguments))
        else:
            raise ModelCorrupt(f"the pickle wants to call {name}, which no checkpoint needs; it is refused")

    def _build(self) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, Instance):
            target.state = state
        elif not isinstance(target, dict | Call):  # a dict has versions of layers, a number of numpy its byte order
            raise ValueError("a state is given to what is no object")
