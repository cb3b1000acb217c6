import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Span } from "@/shared/api/types";
import { type Asked, serve, show } from "@/test-app";
import { PersonTimeline } from "./PersonTimeline";
import { useTimelines } from "./presets";
import { LENGTH_MS } from "./shares";

afterEach(() => vi.unstubAllGlobals());

const { minute: MINUTE, hour: HOUR, day: DAY } = LENGTH_MS;

/** A service that adds up looks of people, each so long ago, as the real one does. */
function kept(looks: Record<string, readonly number[]>): Asked[] {
  const now = Date.now();
  return serve(({ path }) => {
    const query = new URLSearchParams(path.split("?")[1]);
    const span = query.get("span") as Span;
    const length = LENGTH_MS[span];
    const [from, to] = ["from", "to"].map((key) => Date.parse(query.get(key) ?? "")) as [number, number];
    const [begin, end] = [Math.floor(from / length) * length, Math.ceil(to / length) * length];
    const people = query.getAll("person").map((person_id) => {
      const spans = (looks[person_id] ?? []).map((ago) => Math.floor((now - ago) / length) * length).filter((at) => at >= begin && at < end);
      const points = [...new Set(spans)].sort((a, b) => a - b).map((at) => ({ at: new Date(at).toISOString(), looks: 1, people: 1, is_sufficient: false, distribution: null }));
      return { person_id, name: "", why_not: "", points, whole: { looks: spans.length, people: 1, is_sufficient: false, distribution: null } };
    });
    return { body: { span, from: new Date(begin).toISOString(), to: new Date(end).toISOString(), people } };
  });
}

function Began({ people }: { people: readonly string[] }) {
  const { period, found } = useTimelines(people);
  return <p>{found.data ? `begins with ${period?.preset}` : found.error ? "failed" : "asks"}</p>;
}

test.each([
  ["10m", [5 * MINUTE, MINUTE]],
  ["1h", [40 * MINUTE, MINUTE]],
  ["6h", [3 * HOUR, MINUTE]],
  ["1d", [20 * HOUR]],
  ["7d", [5 * DAY, MINUTE]],
  ["30d", [20 * DAY, MINUTE]],
  ["30d", [400 * DAY]],
  ["30d", []],
])("a timeline begins with the shortest time that holds what was read: %s", async (preset, looks) => {
  kept({ "person-0001": looks });
  show(<Began people={["person-0001"]} />);
  expect(await screen.findByText(`begins with ${preset}`)).toBeTruthy();
});

test("of several it holds what was read of all, and times that cannot are not asked for", async () => {
  const asked = kept({ "person-0001": [MINUTE], "person-0002": [12 * DAY] });
  show(<Began people={["person-0001", "person-0002"]} />);
  expect(await screen.findByText("begins with 30d")).toBeTruthy();
  expect(new Set(asked.map(({ path }) => path)).size).toBe(1);
});

test("a service that says nothing is told of", async () => {
  serve(() => ({ status: 409, body: { detail: "no" } }));
  show(<Began people={["person-0001"]} />);
  expect(await screen.findByText("failed")).toBeTruthy();
});

test("somebody's page begins so too, says in which steps, and shows another time on request", async () => {
  const asked = kept({});
  show(<PersonTimeline personId="person-0001" />);
  await userEvent.click(await screen.findByRole("button", { name: /The last 30 days/ }));
  await userEvent.click(await screen.findByRole("option", { name: "The last hour" }));
  await vi.waitFor(() => expect(asked.at(-1)?.path).toContain("span=minute"));
  expect(screen.getByText(/^Up to 6 hours are shown minute by minute, which is the finest there is/)).toBeTruthy();
});
