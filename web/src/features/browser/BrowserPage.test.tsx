import { act, cleanup, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Looking } from "@/shared/camera/looking";
import { serve, show } from "@/test-app";
import { useTestCanvas } from "@/test-canvas";
import BrowserPage from "./BrowserPage";

const looking = vi.hoisted(() => ({ now: null as Looking | null }));
vi.mock("@/shared/camera/useCamera", () => {
  const camera = { state: "on", problem: "", snap: () => Promise.resolve(null), attach: () => {}, start: () => {}, stop: () => {} };
  return { useCamera: () => camera };
});
vi.mock("@/shared/camera/looking", () => ({
  look: (one: Looking) => {
    looking.now = one;
    return () => {};
  },
}));

const ADA = { track_id: 1, person_name: "Ada", identity: "known", similarity: 0.8, emotion_labels: ["happiness"], probabilities: [1], box: [0, 0, 90, 90], pose: [], valence: 0.5, arousal: 0.1, valence_arousal_source: "network" };
const READING = { camera: "browser", width: 160, height: 120, latency_s: 0.1, faces: [ADA] };
const painted: string[] = [];

beforeEach(() => {
  localStorage.clear();
  serve(() => ({ body: { account_id: 1, role: "viewer" } }));
  useTestCanvas({
    clearRect: () => painted.splice(0),
    arc: () => painted.push("valence and arousal"),
    fillText: (text: string) => painted.push(text),
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = (name: string) => act(() => screen.getByRole("button", { name }).click());
const looked = () => act(() => looking.now?.onLooked({ reading: READING as never, refused: "", frame: new Blob(), takenAt: performance.now(), tripMs: 40 }));

test("whatever is read may be shown over this camera, and left out", () => {
  show(<BrowserPage />);
  looked();
  expect(painted).not.toContain("valence and arousal");
  press("Valence and arousal");
  expect(painted).toContain("valence and arousal");
  expect(painted.some((one) => one.endsWith(" fps"))).toBe(true);
  press("Frames a second");
  expect(painted.some((one) => one.endsWith(" fps"))).toBe(false);
  press("Names");
  expect(painted).not.toContain("Ada");
});

test("what is switched over the picture is no new frame to those who measure", () => {
  const measured = vi.spyOn(performance, "measure");
  vi.stubGlobal("requestAnimationFrame", (paint: () => void) => {
    paint();
    return 0;
  });
  show(<BrowserPage />);
  looked();
  press("Names");
  press("Boxes");
  expect(measured.mock.calls.filter(([name]) => name === "mien.frame-to-box")).toHaveLength(1);
});
