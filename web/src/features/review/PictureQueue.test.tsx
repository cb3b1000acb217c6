import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { useTestSockets } from "@/test-sockets";
import ReviewPage from "./ReviewPage";

beforeEach(useTestSockets);
afterEach(() => vi.unstubAllGlobals());

const ANN = { person_id: "person-0001", name: "Ann", best_picture: null, etag: "ann" };
const BOB = { person_id: "person-0002", name: "Bob", best_picture: null, etag: "bob" };
const PICTURE = { picture_id: 4, person_id: "person-0001", owner: ANN, reason: "more like somebody else", quality: 0.6, is_stored: false, resembles: { ...BOB, similarity: 0.7 } };
const POOR = { ...PICTURE, picture_id: 5, reason: "too poor", resembles: null };
const EVE = { ...ANN, person_id: "person-0003", name: "Eve" };
const DONE = { change_id: 3, kind: "", summary: "done", warnings: [], people: [], is_dry_run: false };

async function open(items: object[], emptied: object[] = []) {
  const asked = serve(({ method, path }) => {
    if (method !== "GET") return { body: DONE };
    if (path.startsWith("/review/pictures")) return { body: { items, next: null, total: 61, one_from: 0.43, emptied, left_alone: 2 } };
    return { body: { items: [], next: null, total: 0, named_from: 0.3, one_from: 0.4 } };
  });
  show(<ReviewPage />);
  await userEvent.click(await screen.findByRole("tab", { name: "Pictures (61)" }));
  return () => asked.filter(({ method }) => method === "POST").map(({ path, body }) => [path, body]);
}

test("a picture is told with why it is doubted, and whom it looks like", async () => {
  await open([PICTURE, POOR], [EVE]);
  expect(await screen.findByText("More like somebody else than like Ann.")).toBeTruthy();
  expect(screen.getByText(/Too poor/)).toBeTruthy();
  expect(screen.getByText("very alike")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Eve" })).toBeTruthy();
  expect(screen.getByText(/2 pictures that are new are looked at later/)).toBeTruthy();
});

test.each([
  ["Is right", "/pictures/keep", {}],
  ["Set aside", "/pictures/state", { state: "set_aside" }],
  ["Remove", "/pictures/state", { state: "binned" }],
])("what is selected is decided about with what was seen: %s", async (name, path, more) => {
  const sent = await open([PICTURE, POOR]);
  const user = userEvent.setup();
  for (const number of [4, 5]) await user.click(await screen.findByRole("checkbox", { name: `Select picture ${number} of Ann` }));
  expect(screen.getByText("2 selected")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: new RegExp(name) }));
  await vi.waitFor(() => expect(sent()).toEqual([[path, { picture_ids: [4, 5], seen: { "person-0001": "ann" }, ...more }]]));
  expect(await screen.findByRole("button", { name: "Undo" })).toBeTruthy();
});

test("whom a picture looks like gets it by a key, and somebody else by a question", async () => {
  const sent = await open([PICTURE]);
  const user = userEvent.setup();
  await screen.findByText("Picture of Ann");
  (document.activeElement as HTMLElement).blur();
  await user.keyboard("s");
  const moved = { picture_ids: [4], to: "person-0002", seen: { "person-0001": "ann", "person-0002": "bob" } };
  await vi.waitFor(() => expect(sent()).toEqual([["/pictures/move", moved]]));
});

test("keys act right after the tab was pressed", async () => {
  const sent = await open([PICTURE]);
  await screen.findByText("Picture of Ann");
  expect(document.activeElement?.getAttribute("role")).toBe("tab");
  await userEvent.keyboard("r");
  await vi.waitFor(() => expect(sent()).toHaveLength(1));
});

test("a key that means nothing to pictures does nothing to them", async () => {
  const sent = await open([PICTURE]);
  await screen.findByText("Picture of Ann");
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("in");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(sent()).toEqual([]);
});

test.each([
  [0, "No picture is doubtful"],
  [1, "1 picture that is new is looked at later: somebody is perhaps still at work on them. Of the others none is doubtful."],
])("without doubts it says so, unless some are looked at later (%i)", async (left_alone, words) => {
  serve(({ path }) => ({ body: path.startsWith("/review/pictures") ? { items: [], next: null, total: 0, emptied: [], left_alone } : { items: [], next: null, total: 0 } }));
  show(<ReviewPage />);
  await userEvent.click(await screen.findByRole("tab", { name: "Pictures" }));
  expect(await screen.findByText(words)).toBeTruthy();
  if (left_alone) expect(screen.queryByText("No picture is doubtful")).toBeNull();
});
