import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import ReviewPage from "./ReviewPage";

beforeEach(useTestSockets);
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

const STRANGER = { person_id: "unknown-0007", pictures: [], visits: 3, first_seen_at: "2026-01-02T00:00:00Z", last_seen_at: "2026-01-02T00:00:00Z", people: [], strangers: [], etag: "s7" };

const ANN = { person_id: "person-0001", name: "Ann", similarity: 0.9, best_picture: null, etag: "ann" };
const BOB = { ...ANN, person_id: "person-0002", name: "Bob", etag: "bob" };
const SEVEN = { ...STRANGER, people: [ANN] };
const NINE = { ...STRANGER, person_id: "unknown-0009", people: [BOB], etag: "s9" };
const NOTHING = { items: [], next: null, total: 0, emptied: [], left_alone: 0 };
const DONE = { change_id: null, kind: "", summary: "done", warnings: [], people: [], is_dry_run: false };

function open(first: object[]) {
  const there = { items: first };
  const asked = serve(({ method, path }) => {
    if (method !== "GET") return { body: DONE };
    if (path.startsWith("/review/pictures")) return { body: NOTHING };
    return { body: { items: there.items, next: null, total: there.items.length, named_from: 0.3, one_from: 0.4 } };
  });
  const queries = show(<ReviewPage />);
  const become = async (items: object[]) => {
    there.items = items;
    await queries.invalidateQueries({ queryKey: ["review"] });
  };
  const sent = () => asked.filter(({ method }) => method === "POST").map(({ path, body }) => [path, body]);
  return { become, sent };
}
const whom = () => document.querySelector(".review-whom")?.textContent;

test("whoever comes before a camera appears by themselves", async () => {
  open([]);
  await screen.findByText("Nobody waits", {}, { timeout: 3000 });
  await vi.waitFor(() => TestSocket.last.open());
  await vi.waitFor(() => expect(JSON.parse(String(TestSocket.last.sent[0]))).toMatchObject({ cameras: [], events: true }));
  serve(() => ({ body: { items: [SEVEN], next: null, named_from: 0.3, one_from: 0.4 } }));
  TestSocket.last.hear({ type: "event", kind: "stranger_seen", event_id: "a", at: "2026-01-02T00:00:00Z", camera: "door" });
  expect(await screen.findByText("unknown-0007", { selector: ".mono" }, { timeout: 3000 })).toBeTruthy();
});

test("single keys act until they are switched off, which this browser remembers", async () => {
  serve(() => ({ body: { items: [STRANGER], next: null } }));
  show(<ReviewPage />);
  const user = userEvent.setup();
  await screen.findByText("unknown-0007", { selector: ".mono" });
  await user.keyboard("n");
  expect(await screen.findByRole("dialog")).toBeTruthy();
  await user.keyboard("{Escape}");
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const keys = screen.getByRole("switch", { name: /Single keys act/, hidden: true });
  await user.click(keys);
  expect(localStorage.getItem("mien.review-keys")).toBe("off");
  expect(screen.getByRole("button", { name: "New person" }).querySelector("kbd")).toBeNull();
  await user.click(document.body);
  await user.keyboard("n");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(keys);
  expect(localStorage.getItem("mien.review-keys")).toBeNull();
});

test("a name is given to whom it was typed for, however the queue has changed meanwhile", async () => {
  const { become, sent } = open([SEVEN]);
  const user = userEvent.setup();
  await screen.findByText("unknown-0007", { selector: ".mono" });
  await user.keyboard("n");
  await user.type(await screen.findByLabelText("Name"), "Grace");
  await become([NINE, SEVEN]);
  expect(screen.getByRole("dialog", { name: "A name for unknown-0007" })).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Enrol" }).disabled).toBe(true);
  await user.click(screen.getByRole("checkbox", { name: "Recognise them" }));
  await user.click(screen.getByRole("button", { name: "Enrol" }));
  await vi.waitFor(() => expect(sent()).toMatchObject([["/review/new", { strangers: ["unknown-0007"], name: "Grace" }]]));
});

test("keys act on the person at whom the cursor is, wherever the queue puts them, and on nobody once they are gone", async () => {
  const { become, sent } = open([SEVEN]);
  await screen.findByText("unknown-0007", { selector: ".mono" });
  await become([NINE, SEVEN]);
  await screen.findByText("unknown-0009", { selector: ".mono" });
  expect(whom()).toBe("unknown-0007");
  await become([NINE]);
  await vi.waitFor(() => expect(whom()).toBe("Choose somebody"));
  fireEvent.keyDown(document.body, { key: "d" });
  fireEvent.keyDown(document.body, { key: "ArrowRight" });
  await vi.waitFor(() => expect(whom()).toBe("unknown-0009"));
  fireEvent.keyDown(document.body, { key: "d", repeat: true });
  fireEvent.keyDown(document.body, { key: "i" });
  await vi.waitFor(() => expect(sent()).toEqual([["/review/ignore", { strangers: ["unknown-0009"], seen: { "unknown-0009": "s9" } }]]));
});

test("whom others have handled is not selected any more, and who was not selected is not meant in their place", async () => {
  const { become, sent } = open([SEVEN, NINE]);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("checkbox", { name: "Select unknown-0009" }));
  expect(whom()).toBe("1 selected");
  fireEvent.focus(screen.getByRole("link", { name: "Open unknown-0007" }));
  fireEvent.keyDown(document.body, { key: "s" });
  await become([SEVEN]);
  await vi.waitFor(() => expect(whom()).toBe("Choose somebody"));
  fireEvent.keyDown(document.body, { key: "d" });
  expect(sent()).toEqual([]);
  fireEvent.keyDown(document.body, { key: "Escape" });
  await vi.waitFor(() => expect(whom()).toBe("unknown-0007"));
  fireEvent.keyDown(document.body, { key: "s" });
  await vi.waitFor(() => expect(sent()).toEqual([["/review/assign", { strangers: ["unknown-0007"], to: "person-0001", seen: { "unknown-0007": "s7", "person-0001": "ann" } }]]));
});

test("who is told of in a question is changed only as they were when it was put", async () => {
  const { become, sent } = open([SEVEN]);
  const user = userEvent.setup();
  await screen.findByText("unknown-0007", { selector: ".mono" });
  await user.keyboard("a");
  await screen.findByRole("dialog");
  await become([{ ...SEVEN, etag: "s7 later", people: [{ ...ANN, etag: "ann later" }] }]);
  await user.click(screen.getByRole("button", { name: /Ann/ }));
  await vi.waitFor(() => expect(sent()).toMatchObject([["/review/assign", { seen: { "unknown-0007": "s7", "person-0001": "ann" } }]]));
});
