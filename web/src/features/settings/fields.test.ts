import { expect, test } from "vitest";
import { editingOf, type Schema, schemaOf, valueOf } from "./fields";

const ROOT: Schema = {
  $defs: {
    Live: {
      properties: {
        min_face_px: { type: "integer", minimum: 8, maximum: 500 },
        mode: { enum: ["fast", "exact"], type: "string" },
        beyond: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] },
        is_on: { type: "boolean" },
      },
    },
  },
  properties: { live: { $ref: "#/$defs/Live" } },
};
const editing = (key: string) => editingOf(schemaOf(ROOT, key), undefined);

test("each setting is edited as its schema says", () => {
  expect(["live.min_face_px", "live.mode", "live.beyond", "live.is_on", "live.other"].map((key) => editing(key).kind)).toEqual(["number", "choice", "number", "switch", "json"]);
});

test("numbers are whole, and within bounds, before they are sent", () => {
  const whole = editing("live.min_face_px");
  expect(valueOf("20", whole)).toEqual({ value: 20 });
  expect(valueOf("20.5", whole)).toEqual({ fault: "Expected is a whole number." });
  expect(valueOf("3", whole)).toEqual({ fault: "At least 8." });
  expect(valueOf("many", whole)).toEqual({ fault: "Expected is a number." });
});

test("what may be none is none where nothing is typed", () => {
  expect(valueOf(" ", editing("live.beyond"))).toEqual({ value: null });
  expect(valueOf("0", editing("live.beyond"))).toEqual({ fault: "More than 0." });
});
