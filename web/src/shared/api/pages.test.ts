import { expect, test } from "vitest";
import { allPages } from "./pages";

test("a list is asked for until its end", async () => {
  const asked: (string | undefined)[] = [];
  const all = await allPages(async ({ after, limit }) => {
    asked.push(after);
    expect(limit).toBe(200);
    return after === "b" ? { items: ["c"], next: null } : { items: ["a", "b"], next: "b" };
  });
  expect(all).toEqual(["a", "b", "c"]);
  expect(asked).toEqual([undefined, "b"]);
});
