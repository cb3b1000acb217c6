import { expect, test } from "vitest";
import { clear, fit } from "./overlay";

test("a picture lies in the middle of its canvas, whole", () => {
  expect(fit(1920, 1080, 640, 480)).toEqual({ x: 0, y: 60, scale: 1 / 3 });
});

test("a label gives way to the one that is there, upwards", () => {
  const there = { x: 0, y: 100, w: 80, h: 20 };
  expect(clear({ x: 60, y: 95, w: 80, h: 20 }, [there])).toMatchObject({ x: 60, y: 73 });
  expect(clear({ x: 90, y: 95, w: 80, h: 20 }, [there])).toMatchObject({ y: 95 });
});

test("where there is no room at all it stays in its place", () => {
  expect(clear({ x: 0, y: 5, w: 80, h: 20 }, [{ x: 0, y: 0, w: 80, h: 30 }])).toMatchObject({ y: 5 });
});
