import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestSocket, useTestSockets } from "@/test-sockets";
import { type Looked, look } from "./looking";

const FRAME = new Blob(["jpeg"]);
const READY = { type: "ready", most_bytes: 100, most_frames_per_s: 10 };

beforeEach(() => {
  vi.useFakeTimers();
  useTestSockets();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin(snap: () => Promise<Blob | null> = () => Promise.resolve(FRAME)) {
  const looked: Looked[] = [];
  const states: [boolean, string][] = [];
  const end = look({ snap, keeps: false, onLooked: (one) => looked.push(one), onState: (...state) => states.push(state) });
  TestSocket.last.open();
  return { looked, states, end };
}

test("one frame is under way at a time, and none faster than the service takes them", async () => {
  const { looked } = begin();
  TestSocket.last.hear(READY);
  await vi.advanceTimersByTimeAsync(1000);
  expect(TestSocket.last.sent).toHaveLength(1);
  TestSocket.last.hear({ type: "ack", frame: 0, reading: null, refused: "too dark" });
  expect(looked).toMatchObject([{ refused: "too dark" }]);
  await vi.advanceTimersByTimeAsync(200);
  expect(TestSocket.last.sent).toHaveLength(2);
});

test("a frame that is too large is not sent", async () => {
  begin(() => Promise.resolve(new Blob([new Uint8Array(101)])));
  TestSocket.last.hear(READY);
  await vi.advanceTimersByTimeAsync(1000);
  expect(TestSocket.last.sent).toEqual([]);
});

test("it comes back where the connection breaks, and stays away where it is refused", async () => {
  const { states } = begin();
  TestSocket.last.close(1006);
  await vi.advanceTimersByTimeAsync(2000);
  expect(TestSocket.all).toHaveLength(2);
  TestSocket.last.close(1008, "30 frames in a row could not be read");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(TestSocket.all).toHaveLength(2);
  expect(states.at(-1)).toEqual([false, "30 frames in a row could not be read"]);
});

test("nothing is sent any more once it is ended", async () => {
  const { end } = begin();
  end();
  TestSocket.last.hear(READY);
  await vi.advanceTimersByTimeAsync(1000);
  expect(TestSocket.last.sent).toEqual([]);
});
