"""The form in the window, by real keys and clicks on a display of its own."""

import subprocess
import time
import tkinter
from collections.abc import Callable
from dataclasses import dataclass, field
from tkinter import ttk

import pytest

from mien.desk.asking import Answer, ask
from mien.desk.forms.rows import below
from mien.domain.errors import UsageError
from mien.domain.people.consent import NewConsent, Scope
from mien.gallery.enrolment.admission import Terms


@dataclass
class Form:
    """A home in which Ada is enrolled."""

    text: str = "You may take consent back whenever you like."
    scopes: tuple[Scope, ...] = ("identify", "keep")
    needs_proof: bool = False
    asked: list[tuple[str, frozenset[Scope], str, bool]] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        return name == "Ada Lovelace"

    def terms(self, name: str, scopes: frozenset[Scope], proof: str, *, adds: bool) -> Terms:
        self.asked.append((name, scopes, proof, adds))
        if self.needs_proof and not proof:
            raise UsageError("something has to prove that they agreed: --evidence tells what")
        return Terms(NewConsent(scopes, "1", proof), for_newcomers=not adds)


@dataclass
class Asked:
    """A form that is shown, what was answered, and which keys reached the window as its commands."""

    window: tkinter.Tk
    home: Form
    answers: list[Answer | None] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    form: tkinter.Widget = field(init=False)

    def __post_init__(self) -> None:
        self.window.bind("<Key>", lambda event: self.commands.append(event.keysym))
        self.form = ask(self.window, self.home, self.answers.append)
        self.settle()

    def settle(self) -> None:
        for _ in range(5):
            self.window.update()

    def press(self, *keys: str) -> None:
        """Press keys as somebody does at the keyboard of this display."""
        subprocess.run(["xdotool", "key", "--delay", "8", *keys], check=True)
        self._heed()

    def write(self, text: str) -> None:
        subprocess.run(["xdotool", "type", "--delay", "8", text], check=True)
        self._heed()

    def click(self, words: str) -> None:
        """Click on what bears some words."""
        widget = self.widget(words, ttk.Button, ttk.Checkbutton)
        place = str(widget.winfo_rootx() + 12), str(widget.winfo_rooty() + widget.winfo_height() // 2)
        subprocess.run(["xdotool", "mousemove", *place, "click", "1"], check=True)
        self._heed()

    def widget(self, words: str, *kinds: type[tkinter.Widget]) -> tkinter.Widget:
        """What bears some words."""
        return next(one for one in below(self.form) if isinstance(one, kinds) and words in str(one.cget("text")))

    def wait(self, is_so: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < end_s
            self.window.update()
            time.sleep(0.01)

    def sees(self, widget: tkinter.Misc) -> bool:
        """Whether all of a widget is to be seen: nothing lies over its corners, and it is within the window."""
        left, top = widget.winfo_rootx() + 1, widget.winfo_rooty() + 1
        right, bottom = left + widget.winfo_width() - 3, top + widget.winfo_height() - 3
        return all(widget.winfo_containing(x, y) is widget for x in (left, right) for y in (top, bottom))

    def _heed(self) -> None:
        self.window.after(120, lambda: None)
        is_over = tkinter.BooleanVar(self.window)
        self.window.after(120, lambda: is_over.set(True))
        self.window.wait_variable(is_over)

    @property
    def problem(self) -> str:
        labels = [one for one in below(self.form) if isinstance(one, ttk.Label)]
        return str(next(one for one in labels if str(one.cget("foreground")) != "").cget("text"))


@pytest.fixture
def asked(root: tkinter.Tk) -> Asked:
    return Asked(root, Form())


def test_typed_and_ticked_it_answers_and_is_gone(asked: Asked) -> None:
    asked.write("  grace ")
    asked.press("Tab")
    asked.write("hopper")
    asked.click("recognised by my face")
    asked.press("Return")
    (answer,) = asked.answers
    assert answer is not None and answer.name == "grace hopper"
    assert answer.terms.consent.scopes == {"identify"} and answer.terms.for_newcomers
    assert asked.home.asked == [("grace hopper", frozenset({"identify"}), "", False)]
    assert not asked.form.winfo_exists() and asked.commands == []  # q of no word quits the window


def test_escape_and_cancel_give_it_up(root: tkinter.Tk) -> None:
    first = Asked(root, Form())
    first.write("q")
    first.press("Escape")
    assert first.answers == [None] and not first.form.winfo_exists() and first.commands == []
    second = Asked(root, Form())
    second.click("Cancel")
    assert second.answers == [None] and second.home.asked == []
    second.press("q")
    assert "q" in second.commands  # the window hears its keys again


def test_problems_are_told_in_the_form_which_stays(root: tkinter.Tk) -> None:
    asked = Asked(root, Form(needs_proof=True))
    asked.click("Start")
    assert asked.problem == "a first name is needed" and asked.answers == []
    asked.write("unknown-0007")
    asked.press("Return")
    assert "has the form of an id" in asked.problem and asked.answers == []
    asked.write("Bob")  # in place of what was there
    asked.press("Return")
    assert asked.problem == "something has to prove that they agreed" and asked.answers == []
    asked.press("Tab", "Tab", "Tab", "Tab")
    asked.write("form 17")
    asked.press("Return")
    assert [one.name for one in asked.answers if one] == ["Bob"] and asked.home.asked[-1][2] == "form 17"


def test_a_name_that_is_taken_is_asked_about_once(asked: Asked) -> None:
    asked.write("Ada")
    asked.press("Tab")
    asked.write("Lovelace")
    asked.press("Return", "Return", "Return")  # a key that is held down says nothing of a question
    assert asked.answers == [] and asked.problem.startswith("Ada Lovelace is enrolled already.")
    add = asked.widget("Add to them", ttk.Button)
    asked.wait(lambda: str(add.cget("state")) == "normal")
    asked.press("Return", "space", "Return")
    assert asked.answers == []
    asked.click("Add to them")
    (answer,) = asked.answers
    assert answer is not None and answer.name == "Ada Lovelace" and not answer.terms.for_newcomers


def test_a_second_click_at_once_is_no_answer_to_the_question_and_another_name_is_a_new_one(asked: Asked) -> None:
    asked.write("Ada")
    asked.press("Tab")
    asked.write("Lovelace")
    start = asked.widget("Start", ttk.Button)
    start.invoke()
    start.invoke()
    assert asked.answers == [] and asked.problem.startswith("Ada Lovelace is enrolled already.")
    asked.press("Tab")
    asked.write("Eve")
    assert asked.problem == "" and str(start.cget("text")) == "Start" and str(start.cget("state")) == "normal"
    asked.press("Return")
    assert [one.name for one in asked.answers if one] == ["Eve Lovelace"]


def test_it_has_the_keys_as_soon_as_it_is_asked_for(root: tkinter.Tk) -> None:
    form = Form()
    answers: list[Answer | None] = []
    root.bind("<Key-e>", lambda _event: ask(root, form, answers.append))
    root.focus_force()
    root.update()
    subprocess.run(["xdotool", "type", "--delay", "0", "eQuentin"], check=True)
    subprocess.run(["xdotool", "key", "--delay", "0", "Return", "e", "Escape"], check=True)
    end_s = time.monotonic() + 20
    while len(answers) < 2 and time.monotonic() < end_s:
        root.update()
    assert [one.name if one else "" for one in answers] == ["Quentin", ""]


@pytest.mark.parametrize("size", ["500x400", "300x240"])
def test_all_of_it_is_to_be_seen_in_a_small_window(root: tkinter.Tk, size: str) -> None:
    root.minsize(240, 180)
    root.geometry(size)
    root.update()
    text = "Consent is given freely, and may be taken back. " * 40
    asked = Asked(root, Form(text, ("identify", "expression", "keep")))
    assert root.winfo_width() >= 420 and root.winfo_height() >= 400, "there is hardly room in less"
    form, buttons = asked.form, [asked.widget(words, ttk.Button) for words in ("Start", "Cancel")]
    assert form.winfo_x() > 0 and form.winfo_y() > 0 and all(map(asked.sees, buttons))
    assert form.winfo_y() + form.winfo_height() < root.winfo_height()
    assert form.winfo_x() + form.winfo_width() < root.winfo_width()
    first, *_, last = (one for one in below(form) if isinstance(one, ttk.Entry))
    assert asked.sees(first) and not asked.sees(last)
    asked.press("Next", "Next")
    assert not asked.sees(first), "the text is read on"
    asked.press("Shift+Tab", "Shift+Tab", "Shift+Tab")  # backwards over the buttons
    assert root.focus_get() is last and asked.sees(last)
    asked.press("Tab", "Tab", "Tab")
    assert root.focus_get() is first and asked.sees(first)
    asked.press("Escape")
    assert asked.answers == [None] and root.minsize() == (240, 180)


def test_it_stays_within_a_window_that_gets_smaller(root: tkinter.Tk) -> None:
    asked = Asked(root, Form())
    before = asked.form.winfo_width()
    root.minsize(100, 100)
    root.geometry("300x240")
    asked.wait(lambda: root.winfo_width() == 300 and asked.form.winfo_width() < 300)
    asked.wait(lambda: asked.form.winfo_height() < 240 and asked.form.winfo_y() > 0)
    assert before > 300


def test_clicks_beside_the_form_leave_the_keys_with_it(asked: Asked) -> None:
    subprocess.run(["xdotool", "mousemove", "5", "5", "click", "1"], check=True)
    asked.write("q")
    asked.press("Escape")
    assert asked.commands == [] and asked.answers == [None]
