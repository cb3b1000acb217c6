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
  const leave = live.join({ cameras: ["hall"], previewsPerS: 5, onEvent: () => {} });
  expect(TestSocket.all).toHaveLength(1);
  expect(asked()).toEqual({ type: "watch", cameras: ["door", "hall"], previews_per_s: 5, events: true });
  leave();
  expect(asked()).toEqual({ type: "watch", cameras: ["door"], previews_per_s: 2, events: false });
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
  expect(live.link).toBe("open");
  expect(asked()).toMatchObject({ cameras: ["door"] });
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

test("a preview is its header and its picture; what is cut short is nothing", () => {
  const header = new TextEncoder().encode(JSON.stringify({ camera: "door", index: 7 }));
  const bytes = new Uint8Array([0, 0, 0, header.length, ...header, 255, 216]);
  const read = readPreview(bytes.buffer);
  expect(read?.header).toMatchObject({ camera: "door", index: 7 });
  expect([...(read?.jpeg ?? [])]).toEqual([255, 216]);
  expect(readPreview(bytes.buffer.slice(0, 9))).toBeNull();
  expect(readPreview(new ArrayBuffer(2))).toBeNull();
});

test("waits grow, and end at fifteen seconds and some", () => {
  expect(waitBefore(0, 0.5)).toBe(500);
  expect(waitBefore(3, 0.5)).toBe(4000);
  expect(waitBefore(40, 0.5)).toBe(15_000);
});
