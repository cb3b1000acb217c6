import { expect, test } from "vitest";
import { boundsOf, editingOf, type Schema, schemaAt, valueOf } from "./fields";

const live: Schema = {
  properties: {
    min_face_px: { type: "integer", minimum: 8, maximum: 500 },
    mode: { enum: ["fast", "exact"], type: "string" },
    limit: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }] },
    is_on: { type: "boolean" },
    names: { type: "array", items: { type: "string", enum: ["a", "b"] } },
    words: { type: "string" },
  },
};
const ROOT: Schema = { properties: { live, cameras: { additionalProperties: { properties: { live } } } } };
const editing = (place: string, value: unknown = "") => editingOf(schemaAt(ROOT, place.split(".")), value);

test("each setting is edited as its schema says", () => {
  const kinds = ["min_face_px", "mode", "limit", "is_on", "names", "words", "absent"].map((key) => editing(`live.${key}`).kind);
  expect(kinds).toEqual(["number", "choice", "number", "switch", "several", "text", "text"]);
  expect(editing("live.words", "two\nlines").kind).toBe("lines");
  expect(editing("live.names").choices).toEqual(["a", "b"]);
});

test("a camera of any name has its own settings", () => {
  expect(editing("cameras.door.live.min_face_px")).toEqual(editing("live.min_face_px"));
  expect(boundsOf(editing("cameras.door.live.min_face_px"))).toBe("8 to 500");
});

test("numbers are whole, and within bounds, before they are sent", () => {
  const whole = editing("live.min_face_px");
  expect(valueOf("20", whole)).toEqual({ value: 20 });
  expect(valueOf("20.5", whole)).toEqual({ fault: "A whole number is needed." });
  expect(valueOf("3", whole)).toEqual({ fault: "At least 8." });
  expect(valueOf("501", whole)).toEqual({ fault: "At most 500." });
  expect(valueOf("many", whole)).toEqual({ fault: "A number is needed." });
  expect(valueOf("0,5", editing("live.limit"))).toEqual({ value: 0.5 });
});

test("what may be none is none where nothing is typed", () => {
  expect(valueOf(" ", editing("live.limit"))).toEqual({ value: null });
  expect(valueOf("", editing("live.words"))).toEqual({ value: "" });
});
