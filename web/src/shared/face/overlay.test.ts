import { expect, test } from "vitest";
import type { FaceReading } from "@/shared/api/types";
import { clear, EVERYTHING, fit, paintFaces, paintRate } from "./overlay";

const STRANGER = { track_id: 1, box: [0, 0, 60, 60], identity: "unknown", person_id: "unknown-0001", person_name: "", emotion_labels: ["fear"], probabilities: [1] };

function painted(face: object): { words: string[]; widths: number[] } {
  const words: string[] = [], widths: number[] = [];
  const own = { fillText: (text: string) => words.push(text), measureText: () => ({ width: 9 }), getTransform: () => ({ a: 1 }), canvas: { width: 320, height: 180 } };
  const pen = new Proxy(own, { get: (all, name) => all[name as keyof typeof own] ?? (() => {}), set: (_, name, value) => (name === "lineWidth" && widths.push(value as number), true) });
  const styles = { getPropertyValue: () => "" } as unknown as CSSStyleDeclaration;
  paintFaces(pen as unknown as CanvasRenderingContext2D, [face as FaceReading], { x: 0, y: 0, scale: 1, width: 320, height: 180 }, EVERYTHING, styles);
  return { words, widths };
}

test("who is ignored has a thin frame and no words", () => {
  const heard = painted(STRANGER), ignored = painted({ ...STRANGER, is_ignored: true });
  expect(heard.words).toContain("unknown-0001");
  expect(ignored.words).toEqual([]);
  expect(Math.max(...ignored.widths)).toBeLessThan(Math.max(...heard.widths));
});

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

test("how many frames are read is written below, where no name is", () => {
  const at: number[][] = [];
  const pen = { measureText: () => ({ width: 40 }), beginPath() {}, fill() {}, roundRect() {}, fillText: (_: string, ...place: number[]) => at.push(place) };
  paintRate(pen as unknown as CanvasRenderingContext2D, 5, { x: 0, y: 20, scale: 0.5, width: 640, height: 360 });
  expect(at).toEqual([[269, 186.5]]);
});
