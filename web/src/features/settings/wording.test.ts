import { expect, test } from "vitest";
import type { Setting } from "@/shared/api/types";
import { headingOf, isWritten, keyOf, sourceOf } from "./wording";

const setting = (source: string, fixed = "") => ({ source, fixed }) as Setting;

test("names of cameras with dots and quotes are spelt so that they stay one step", () => {
  expect(keyOf(["cameras", "door", "source"])).toBe("cameras.door.source");
  expect(keyOf(["cameras", "a.b", "fps"])).toBe('cameras."a.b".fps');
  expect(keyOf(["cameras", 'a"b', "fps"])).toBe('cameras."a\\"b".fps');
  expect(keyOf(["cameras", ""])).toBe('cameras.""');
});

test("it is said who says a value", () => {
  expect(["default", "mien.yaml:12", "MIEN_HOME", "--port", "model yunet", "calibration"].map((one) => sourceOf(setting(one)))).toEqual([
    "by default",
    "mien.yaml, line 12",
    "by the variable MIEN_HOME",
    "by the option --port",
    "as yunet needs it",
    "as measured with your people",
  ]);
});

test("what stands in the file can be taken back, unless it is settled elsewhere", () => {
  expect([setting("mien.yaml:3"), setting("mien.yaml:3", "of the machine"), setting("default"), setting("MIEN_X")].map(isWritten)).toEqual([true, false, false, false]);
});

test("sections have headings", () => {
  expect([["privacy", "retention"], ["accepted_models"], []].map(headingOf)).toEqual(["Privacy: retention", "Accepted models", "Everything else"]);
});
