import { act, cleanup, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Camera } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { useTestCanvas } from "@/test-canvas";
import { place } from "@/test-router";
import { TestSocket, useTestSockets } from "@/test-sockets";
import CameraPage from "./CameraPage";
import WallPage from "./WallPage";


const DOOR: Camera = { name: "door", state: "online", reason: "", decoded_fps: 5, analysed_fps: 5, dropped: 0, online_s: 9, reconnects: 0 };
const ADA = { track_id: 1, person_id: "person-0001", person_name: "Ada", identity: "known", probabilities: [], emotion_labels: [], box: [0, 0, 9, 9], pose: [] };
const READING = { type: "reading", camera: "door", width: 160, height: 120, latency_s: 0.1, faces: [ADA] };

beforeEach(() => {
  place.params = { name: "door" };
  vi.useFakeTimers({ shouldAdvanceTime: true });
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  useTestSockets();
});
afterEach(() => {
  cleanup();
  vi.advanceTimersByTime(1000); // the connection is closed a moment after the last screen
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const hear = (message: unknown) => act(() => TestSocket.last.hear(message));
const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

async function wall(): Promise<void> {
  serve(({ path }) => ({ body: path.startsWith("/cameras") ? { items: [DOOR], next: null } : {} }));
  show(<WallPage />);
  await screen.findByText("nobody in view");
  act(() => TestSocket.last.open());
  pass(200);
}

test("nobody is said to be in view once readings stay away", async () => {
  await wall();
  hear(READING);
  expect(screen.getByText(/Ada/)).toBeTruthy();
  pass(2500);
  hear(READING);
  pass(2500);
  expect(screen.getByText(/Ada/)).toBeTruthy();
  pass(1000);
  expect(screen.queryByText(/Ada/)).toBeNull();
});

test("what was painted over a picture goes with it", async () => {
  const strokes: string[] = [];
  useTestCanvas({ clearRect: () => strokes.splice(0), roundRect: () => strokes.push("box") });
  await wall();
  hear(READING);
  pass(100);
  expect(strokes.length).toBeGreaterThan(0);
  pass(3100);
  expect(strokes).toEqual([]);
});

test("how many frames a second are read stands on the picture, until that is switched off", async () => {
  localStorage.clear();
  const said: string[] = [];
  useTestCanvas({ clearRect: () => said.splice(0), fillText: (text: string) => said.push(text) });
  await wall();
  hear(READING);
  pass(100);
  expect(said).toContain("5.0 fps");
  hear({ type: "status", ...DOOR, analysed_fps: 12.34 });
  await vi.waitFor(() => expect(said).toContain("12.3 fps"));
  act(() => screen.getByRole("button", { name: "Frames a second" }).click());
  pass(100);
  expect(said.join()).not.toContain("fps");
  expect(said.join()).toContain("Ada");
});

test("whose fault it is that nothing is watched, and whether it is tried again, is said by the service", async () => {
  await wall();
  hear({ type: "engine", phase: "failed", detail: "no source could deliver it; it is tried again in 60 s" });
  expect(screen.getByText("No camera is watched: no source could deliver it; it is tried again in 60 s.")).toBeTruthy();
});

test("nobody is said to be in view of a camera that is away, nor at once when it is back", async () => {
  await wall();
  hear(READING);
  hear({ type: "status", ...DOOR, state: "offline" });
  expect(await screen.findByText("offline")).toBeTruthy();
  expect(screen.queryByText(/Ada/)).toBeNull();
  hear({ type: "status", ...DOOR });
  expect(await screen.findByText("nobody in view")).toBeTruthy();
});

test("every camera is on the wall and has its page, however many there are", async () => {
  const all = Array.from({ length: 230 }, (_, at) => ({ ...DOOR, name: `c${String(at).padStart(3, "0")}` }));
  const asked = serve(({ path }) => {
    const query = new URLSearchParams(path.split("?")[1]);
    const [limit, after] = [Number(query.get("limit") ?? 50), query.get("after") ?? ""];
    const behind = all.filter((one) => one.name > after);
    return { body: path.startsWith("/cameras") ? { items: behind.slice(0, limit), next: behind.length > limit ? behind[limit - 1]?.name : null } : {} };
  });
  place.params = { name: "c229" };
  show(<CameraPage />);
  expect(await screen.findByText("In view")).toBeTruthy();
  expect(screen.queryByText(/There is no camera/)).toBeNull();
  expect(asked).toHaveLength(2);
});

test.each([
  ["admin", { "Add a camera": "/settings", "Use this browser’s camera": "/this-camera" }],
  ["operator", { settings: "/settings", "Use this browser’s camera": "/this-camera" }],
  ["viewer", { settings: "/settings" }],
])("where there is no camera yet, a %s may begin with what is open to them", async (role, ways) => {
  serve(({ path }) => ({ body: path === "/session" ? { role } : { items: [], next: null } }));
  show(<WallPage />);
  await screen.findByText("No camera yet");
  await vi.waitFor(() => expect(Object.fromEntries(screen.getAllByRole("link").map((one) => [one.textContent, one.getAttribute("href")]))).toEqual(ways));
});
