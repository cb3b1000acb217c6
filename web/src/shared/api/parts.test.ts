import { expect, test } from "vitest";
import { parts } from "./parts";

const picture = (size: number, name = "a.jpg") => ({ name, picture: new Blob([new Uint8Array(size)]) });

test("pictures are sent in parts of at most so many, in their order", () => {
  const all = parts([..."abcde"].map((name) => picture(1, name)), 2, 100);
  expect(all.map((part) => part.map((one) => one.name))).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("large pictures make a part of their own", () => {
  expect(parts([picture(60), picture(60), picture(10)], 50, 100).map((part) => part.length)).toEqual([1, 2]);
});

test("no pictures are no parts", () => {
  expect(parts([])).toEqual([]);
});
