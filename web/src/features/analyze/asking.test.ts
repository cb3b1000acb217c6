import { afterEach, expect, test, vi } from "vitest";
import { analyze } from "./asking";

afterEach(() => vi.unstubAllGlobals());
const FILE = new File(["x"], "ada.jpg");
const FOUND = { name: "ada.jpg", width: 4, height: 3, faces: [], problem: "" };

function answers(...all: [number, unknown][]) {
  const asked = vi.fn(async () => {
    const [status, body] = all.shift() ?? [500, {}];
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

test("while others are being looked at it is asked again", async () => {
  const asked = answers([429, {}], [200, { items: [FOUND] }]);
  expect(await analyze(FILE, () => true)).toEqual(FOUND);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("nothing is asked again that nobody wants to know any more, or that is refused", async () => {
  const asked = answers([429, { detail: "in a moment" }], [422, { detail: "the form is broken" }]);
  await expect(analyze(FILE, () => false)).rejects.toThrow("In a moment.");
  await expect(analyze(FILE, () => true)).rejects.toThrow("The form is broken.");
  expect(asked).toHaveBeenCalledTimes(2);
});
