import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestSocket, useTestSockets } from "@/test-sockets";
import { type Ended, sit, type Step } from "./sitting";

beforeEach(() => {
  vi.useFakeTimers();
  useTestSockets();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin(first = "") {
  const steps: Step[] = [];
  const ends: Ended[] = [];
  const sitting = { snap: () => Promise.resolve(new Blob(["jpeg"])), onStep: (one: Step) => steps.push(one), onEnd: (one: Ended) => ends.push(one) };
  sit({ path: first ? "/people/camera" : "/session/face", begin: first, ...sitting });
  TestSocket.last.open();
  return { steps, ends };
}

test("each answered frame is followed by the next, until the result", async () => {
  const { steps, ends } = begin();
  TestSocket.last.hear({ type: "ready", most_bytes: 100, most_frames_per_s: 10 });
  await vi.advanceTimersByTimeAsync(150);
  TestSocket.last.hear({ type: "challenge", instruction: "nod", remedy: "", done: 1, of: 2, left_s: 4 });
  await vi.advanceTimersByTimeAsync(150);
  expect(TestSocket.last.sent).toHaveLength(2);
  expect(steps).toMatchObject([{ instruction: "nod", leftS: 4 }]);
  TestSocket.last.hear({ type: "result", passed: true, ticket: "t", detail: "" });
  expect(ends).toEqual([{ ticket: "t", enrolled: null, problem: "", lacksModel: false }]);
});

test("a sitting begins with what it is about, and may end with whoever was enrolled", () => {
  const { ends } = begin("mine");
  expect(TestSocket.last.sent).toEqual(["mine"]);
  const enrolled = { person_id: "person-0001", accepted: 10 };
  TestSocket.last.hear({ type: "enrolment", enrolled, detail: "" });
  expect(ends).toMatchObject([{ enrolled, problem: "", lacksModel: false }]);
});

test("whoever is not enrolled is told why", () => {
  const { ends } = begin("mine");
  TestSocket.last.hear({ type: "enrolment", enrolled: null, detail: "too few good snapshots were taken" });
  expect(ends).toEqual([{ ticket: "", enrolled: null, problem: "too few good snapshots were taken", lacksModel: false }]);
});

test("that a model cannot be had is told apart", () => {
  const { ends } = begin("mine");
  TestSocket.last.hear({ type: "enrolment", enrolled: null, detail: "no model", lacks_model: true });
  expect(ends).toMatchObject([{ problem: "no model", lacksModel: true }]);
});

test("whoever is refused is told why, once", () => {
  const { ends } = begin();
  TestSocket.last.hear({ type: "result", passed: false, ticket: "", detail: "that was not it" });
  TestSocket.last.close(1000);
  expect(ends).toEqual([{ ticket: "", enrolled: null, problem: "that was not it", lacksModel: false }]);
});

test("a socket that is closed says so in the words of the service", () => {
  const { ends } = begin();
  TestSocket.last.close(1008, "this is switched off here");
  expect(ends).toEqual([{ ticket: "", enrolled: null, problem: "this is switched off here", lacksModel: false }]);
});
