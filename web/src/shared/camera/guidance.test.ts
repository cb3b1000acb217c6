import { expect, test } from "vitest";
import type { FaceReading } from "@/shared/api/types";
import { type Advice, BEGIN, consider, poseAsked, remedyFor } from "./guidance";

const face = (yaw: number, pitch = 0, more: Partial<FaceReading> = {}) => ({ pose: [yaw, pitch, 0], quality_reason: "", ...more }) as FaceReading;

test("nobody, two people and a poor picture are no snapshot, and it is said what to do", () => {
  expect(consider(BEGIN, [], 0).remedy).toBe("Come into view");
  expect(consider(BEGIN, [face(0), face(0)], 0).remedy).toBe("Stay alone before the camera");
  expect(consider(BEGIN, [face(0, 0, { quality_reason: "too small" })], 0).remedy).toBe("Come closer");
});

test("poses are asked for one after the other, and taken as they fit", () => {
  let advice: Advice = consider(BEGIN, [face(0)], 0);
  expect(advice.takes).toBe(true);
  expect(poseAsked(advice.progress)).toBe("left");
  advice = consider(advice.progress, [face(2)], 1000);
  expect(advice).toMatchObject({ takes: false, remedy: "Further to your left" });
  advice = consider(advice.progress, [face(20)], 1200);
  advice = consider(advice.progress, [face(-20)], 2000);
  advice = consider(advice.progress, [face(0, 9)], 3000);
  expect(advice.progress.taken).toEqual(["straight", "left", "right", "up"]);
  expect(poseAsked(advice.progress)).toBe("free");
});

test("whoever cannot take a pose is not kept waiting for it", () => {
  const first = consider(BEGIN, [face(0)], 0).progress;
  const waiting = consider(first, [face(0)], 1000);
  expect(waiting.takes).toBe(false);
  expect(consider(waiting.progress, [face(0)], 9001).takes).toBe(true);
});

test("two snapshots are never taken of one moment", () => {
  const first = consider(BEGIN, [face(0)], 0).progress;
  expect(consider(first, [face(20)], 100).takes).toBe(false);
});

test("a reason nobody has a remedy for is said as it is", () => {
  expect(remedyFor("mostly hidden")).toContain("mostly hidden");
});
