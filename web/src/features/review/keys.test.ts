import { afterEach, expect, test } from "vitest";
import { commandOf, nextCursor } from "./keys";

const press = (key: string, more: Partial<KeyboardEvent> = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, target: document.body, ...more });

afterEach(() => document.body.replaceChildren());

test("single keys are commands, in either case", () => {
  expect(["ArrowRight", "a", "N", "i", "d", " ", "Escape"].map((key) => press(key))).toEqual(["down", "assign", "new", "ignore", "discard", "select", "none"]);
});

test("what is typed into a field, or held with ctrl, is no command", () => {
  const field = document.body.appendChild(document.createElement("input"));
  expect(press("d", { target: field })).toBeNull();
  expect(press("a", { ctrlKey: true })).toBeNull();
});

test("keys act where a box was ticked last, and space ticks it", () => {
  const box = document.body.appendChild(document.createElement("input"));
  box.type = "checkbox";
  expect(press("d", { target: box })).toBe("discard");
  expect(press(" ", { target: box })).toBeNull();
});

test("space presses the button that has the focus, and selects anywhere else", () => {
  const button = document.body.appendChild(document.createElement("button"));
  expect(press(" ", { target: button })).toBeNull();
  expect(press("n", { target: button })).toBe("new");
  expect(press(" ", { target: document.body.appendChild(document.createElement("a")) })).toBe("select");
});

test("keys act on a tab too, but for those that choose a tab", () => {
  const tab = document.body.appendChild(document.createElement("div"));
  tab.setAttribute("role", "tab");
  expect(["d", "j", "*"].map((key) => press(key, { target: tab }))).toEqual(["discard", "down", "all"]);
  expect(["ArrowLeft", "ArrowRight", "ArrowDown", " "].map((key) => press(key, { target: tab }))).toEqual([null, null, null, null]);
});

test("the cursor stays in its place as people leave the queue", () => {
  expect(nextCursor(["a", "b", "c"], ["b"], 1)).toBe("c");
  expect(nextCursor(["a", "b", "c"], ["c"], 2)).toBe("b");
  expect(nextCursor(["a", "b", "c"], ["a", "b", "c"], 1)).toBe("");
});
