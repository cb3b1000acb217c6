import { act, cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveEvent } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import EventsPage from "./EventsPage";
import { withEvent } from "./living";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  cleanup();
  vi.advanceTimersByTime(1000); // the connection is closed a moment after the last screen
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const AT = { at: "2024-05-01T12:00:00Z", camera: "door", track_id: 3, person_id: "person-0001", person_name: "Ann" };
const SEEN = { ...AT, event_id: "a", kind: "person_seen", similarity: 0.71 };
const SHIFT = {
  ...AT,
  event_id: "b",
  kind: "expression_shifted",
  from_expression: "neutral",
  to_expression: "happiness",
  held_s: 12.4,
};

test("a shift is told as what appears, with what was held before, and comes by itself", async () => {
  useTestSockets();
  const asked = serve(({ path }) => ({ body: { items: path.startsWith("/events") ? [SEEN] : [], next: null } }));
  show(<EventsPage />);
  expect((await screen.findByRole("listitem")).textContent).toContain("Ann came into view 71 % alike");
  TestSocket.last.open();
  expect(JSON.parse(String(TestSocket.last.sent[0]))).toMatchObject({ events: true, readings: false, previews_per_s: 0 });
  const before = asked.length;
  TestSocket.last.hear({ type: "event", ...SHIFT });
  TestSocket.last.hear({ type: "event", ...SHIFT });
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(2));
  expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("Ann appears to have changed from neutral to happiness after 12 s");
  expect(asked).toHaveLength(before);
});

test("a camera is led to where there is one, and only named where it is a browser's, or gone", async () => {
  useTestSockets();
  const kept = { ...SEEN, event_id: "k", camera: "browser of account 2" };
  serve(({ path }) => ({ body: { items: path.startsWith("/events") ? [SEEN, kept] : path.startsWith("/cameras") ? [{ name: "door" }] : [], next: null } }));
  show(<EventsPage />);
  expect(await screen.findByRole("link", { name: "door" })).toBeTruthy();
  expect(screen.getByText("browser of account 2")).toBeTruthy();
  expect(screen.queryByRole("link", { name: "browser of account 2" })).toBeNull();
});

test("events of one person are asked for, and those of others do not come in between", async () => {
  useTestSockets();
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const ann = { person_id: "person-0001", name: "Ann", best_picture: null };
  const asked = serve(({ path }) => ({ body: { items: path.startsWith("/people") ? [ann] : path.startsWith("/events") ? [SEEN] : [], next: null } }));
  show(<EventsPage />);
  await screen.findByRole("listitem");
  await user.type(screen.getByLabelText("Person"), "An");
  await user.click(await screen.findByRole("option", { name: /Ann/ }));
  await vi.waitFor(() => expect(asked.some(({ path }) => path.includes("person=person-0001"))).toBe(true));
  TestSocket.last.open();
  await act(async () => {
    TestSocket.last.hear({ type: "event", ...SHIFT, event_id: "c", person_id: "person-0002", person_name: "Bo" });
    TestSocket.last.hear({ type: "event", ...SHIFT });
  });
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(2));
  expect(screen.queryByText(/Bo/)).toBeNull();
});

test("what was missed is read anew, once in some seconds, as is what may have been while the connection was lost", async () => {
  useTestSockets();
  const asked = serve(({ path }) => ({ body: { items: path.startsWith("/events") ? [SEEN] : [], next: null } }));
  const times = () => asked.filter(({ path }) => path.startsWith("/events")).length;
  const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  show(<EventsPage />);
  await screen.findByRole("listitem");
  TestSocket.last.open();
  for (let at = 0; at < 40; at++) {
    act(() => TestSocket.last.hear({ type: "missed", events: 9 }));
    await pass(100);
  }
  expect(times()).toBe(2);
  await pass(5000);
  expect(times()).toBe(3);
  act(() => TestSocket.last.close(1006));
  await pass(2000);
  act(() => {
    TestSocket.last.open();
    TestSocket.last.hear({ type: "engine", phase: "running", detail: "" });
  });
  await pass(6000);
  expect(times()).toBe(4);
});

test("an event takes its place on the first page, once, and none that is older than that page", () => {
  const at = (second: number, id = `e${second}`) => ({ ...SEEN, event_id: id, at: `2024-05-01T12:00:0${second}Z` }) as LiveEvent;
  const pages = { pages: [{ items: [at(9), at(5)], next: "x" }, { items: [at(3)], next: null }], pageParams: ["", "x"] };
  expect(withEvent(pages, at(7)).pages[0]?.items.map((one) => one.event_id)).toEqual(["e9", "e7", "e5"]);
  expect(withEvent(pages, at(3))).toBe(pages);
  expect(withEvent(pages, at(4))).toBe(pages);
  const last = { pages: [{ items: [at(5)], next: null }], pageParams: [""] };
  expect(withEvent(last, at(4)).pages[0]?.items).toHaveLength(2);
});
