import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestSocket, useTestSockets } from "@/test-sockets";
import { readPreview, waitBefore } from "./frames";

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  useTestSockets();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const connection = async () => (await import("./connection")).live;
const asked = () => JSON.parse(String(TestSocket.last.sent.at(-1))) as unknown;

test("one socket watches what all screens ask for together", async () => {
  const live = await connection();
  live.join({ cameras: ["door"], previewsPerS: 2 });
  TestSocket.last.open();
  const leave = live.join({ cameras: ["hall"], previewsPerS: 5, onEvent: () => {}, onReading: () => {} });
  vi.advanceTimersByTime(200);
  expect(TestSocket.all).toHaveLength(1);
  expect(asked()).toEqual({ type: "watch", cameras: ["door", "hall"], previews_per_s: 5, events: true, readings: true });
  leave();
  vi.advanceTimersByTime(200);
  expect(asked()).toEqual({ type: "watch", cameras: ["door"], previews_per_s: 2, events: false, readings: false });
});

test("from one screen to the next wishes are told as one, and only where they changed", async () => {
  const live = await connection();
  const wall = Array.from({ length: 30 }, (_, at) => live.join({ cameras: [`c${at}`], previewsPerS: 4 }));
  TestSocket.last.open();
  wall.forEach((leave) => leave());
  Array.from({ length: 30 }, (_, at) => live.join({ cameras: [`d${at}`], previewsPerS: 4 }));
  vi.advanceTimersByTime(1000);
  expect(TestSocket.last.sent).toHaveLength(2);
  live.join({ cameras: ["d1"], previewsPerS: 1 })();
  vi.advanceTimersByTime(1000);
  expect(TestSocket.last.sent).toHaveLength(2);
});

test("a page that nobody looks at asks for no previews, and decodes none", async () => {
  const decode = vi.fn(() => Promise.resolve({}));
  vi.stubGlobal("createImageBitmap", decode);
  const hidden = vi.spyOn(document, "hidden", "get");
  const look = (isHidden: boolean) => {
    hidden.mockReturnValue(isHidden);
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(200);
  };
  const live = await connection();
  live.join({ cameras: "all", previewsPerS: 4, onPreview: () => {} });
  TestSocket.last.open();
  look(true);
  expect(asked()).toMatchObject({ previews_per_s: 0 });
  TestSocket.last.onmessage?.({ data: preview("door", 7) });
  expect(decode).not.toHaveBeenCalled();
  look(false);
  expect(asked()).toMatchObject({ previews_per_s: 4 });
  TestSocket.last.onmessage?.({ data: preview("door", 8) });
  expect(decode).toHaveBeenCalledOnce();
});

test("each screen hears of its own cameras only", async () => {
  const live = await connection();
  const heard: string[] = [];
  live.join({ cameras: ["door"], previewsPerS: 0, onReading: (one) => heard.push(`door's: ${one.camera}`) });
  live.join({ cameras: "all", previewsPerS: 0, onReading: (one) => heard.push(`all: ${one.camera}`) });
  TestSocket.last.open();
  TestSocket.last.hear({ type: "reading", camera: "hall", faces: [] });
  expect(heard).toEqual(["all: hall"]);
});

test("where the connection breaks it comes back, and asks for the same again", async () => {
  const live = await connection();
  live.join({ cameras: ["door"], previewsPerS: 1 });
  TestSocket.last.open();
  TestSocket.last.close(1006);
  expect(live.link).toBe("lost");
  vi.advanceTimersByTime(2000);
  expect(TestSocket.all).toHaveLength(2);
  TestSocket.last.open();
  expect(asked()).toMatchObject({ cameras: ["door"] });
  TestSocket.last.hear({ type: "engine", phase: "running", detail: "" });
  expect(live.link).toBe("open");
});

test("a service that opens sockets only to close them is asked ever more rarely", async () => {
  const live = await connection();
  live.join({ cameras: "all", previewsPerS: 0 });
  for (let s = 0; s < 60; s++) {
    if (TestSocket.last.readyState === 0) {
      TestSocket.last.open();
      TestSocket.last.close(1013, "64 such sockets are open already");
    }
    vi.advanceTimersByTime(1000);
  }
  expect(TestSocket.all.length).toBeLessThan(12);
  expect(live.link).toBe("lost");
});

test("the socket is closed once nobody watches", async () => {
  const live = await connection();
  const leave = live.join({ cameras: "all", previewsPerS: 0 });
  TestSocket.last.open();
  leave();
  vi.advanceTimersByTime(1000);
  expect(TestSocket.last.readyState).toBe(3);
  vi.advanceTimersByTime(60_000);
  expect(TestSocket.all).toHaveLength(1);
});

function preview(camera: string, index: number): ArrayBuffer {
  const header = new TextEncoder().encode(JSON.stringify({ camera, index }));
  return new Uint8Array([0, 0, 0, header.length, ...header, 255, 216]).buffer;
}

test("a preview is its header and its picture; what is cut short is nothing", () => {
  const bytes = preview("door", 7);
  const read = readPreview(bytes);
  expect(read?.header).toMatchObject({ camera: "door", index: 7 });
  expect([...(read?.jpeg ?? [])]).toEqual([255, 216]);
  expect(readPreview(bytes.slice(0, 9))).toBeNull();
  expect(readPreview(new ArrayBuffer(2))).toBeNull();
});

test("waits grow, and end at fifteen seconds and some", () => {
  expect(waitBefore(0, 0.5)).toBe(500);
  expect(waitBefore(3, 0.5)).toBe(4000);
  expect(waitBefore(40, 0.5)).toBe(15_000);
});
