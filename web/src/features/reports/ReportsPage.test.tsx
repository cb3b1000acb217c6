import { cleanup, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { addressOf } from "./asking";
import ReportsPage from "./ReportsPage";

const ANN = { person_id: "person-0001", name: "Ann", best_picture: null };
const NAMED = { body: { name: "mine.html" } };
const saved: { address: URL; name: string }[] = [];
beforeEach(() => {
  saved.length = 0;
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ address: new URL(this.href), name: this.download });
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function open(people: unknown[] = [ANN], answer: { status?: number; body?: unknown } = NAMED) {
  const asked = serve(({ path }) => (path.startsWith("/exports") ? answer : { body: { items: path.startsWith("/people") ? people : path.startsWith("/cameras") ? [{ name: "door" }] : [], next: null } }));
  show(<ReportsPage />);
  return { exports: () => asked.map((one) => new URL(one.path, "http://mien.test")).filter((one) => one.pathname.startsWith("/exports")) };
}

async function choose(user: ReturnType<typeof userEvent.setup>, label: RegExp, option: string) {
  await user.click(screen.getByRole("button", { name: label }));
  await user.click(await screen.findByRole("option", { name: option }));
}

test("a report of the last week and of everybody is one press away, and says that it leaves mien", async () => {
  const user = userEvent.setup();
  const { exports } = open();
  await user.click(await screen.findByRole("button", { name: "Write and save" }));
  await screen.findByText(/browser saves mine.html/);
  const [asked, ...others] = exports();
  expect(asked?.pathname).toBe("/exports/report");
  expect([...(asked?.searchParams.keys() ?? [])]).toEqual(["format", "from", "to", "dry_run"]);
  expect(others).toEqual([]);
  const [from, to] = ["from", "to"].map((key) => Date.parse(asked?.searchParams.get(key) ?? ""));
  expect(Number(to) - Number(from)).toBe(7 * 86_400_000);
  expect(saved.map(({ address, name }) => [address.pathname, [...address.searchParams.keys()], name])).toEqual([["/api/v1/exports/report", ["format", "from", "to"], "mine.html"]]);
  expect(screen.getByRole("note").textContent).toContain("stays in it");
  expect(screen.getByText(/it is of everybody who is enrolled/)).toBeTruthy();
});

test("people, camera, what and format are chosen by keyboard and asked for", async () => {
  const user = userEvent.setup();
  const { exports } = open();
  await screen.findByRole("button", { name: "Write and save" });
  expect(screen.queryByRole("button", { name: /Format/ })).toBeNull();
  await choose(user, /What/, "Readings");
  await choose(user, /Format/, "Parquet, for analysis");
  await choose(user, /Camera/, "door");
  await user.type(screen.getByLabelText("Add somebody"), "An");
  await screen.findByRole("option", { name: /Ann/ });
  await user.keyboard("{ArrowDown}{Enter}");
  await screen.findByRole("button", { name: "Leave out Ann" });
  screen.getByRole("button", { name: "Write and save" }).focus();
  await user.keyboard("{Enter}");
  await screen.findByText(/browser saves/);
  const [asked] = exports();
  expect(asked?.pathname).toBe("/exports/readings");
  expect(["format", "person", "camera"].map((key) => asked?.searchParams.getAll(key))).toEqual([["parquet"], ["person-0001"], ["door"]]);
  await user.click(screen.getByRole("button", { name: "Leave out Ann" }));
  expect(screen.getByText(/it is of every face/)).toBeTruthy();
});

test("nothing is written of a range that cannot be, and then of the one that was typed last", async () => {
  const user = userEvent.setup();
  const { exports } = open();
  const button = await screen.findByRole("button", { name: "Write and save" });
  const type = (value: string) => fireEvent.change(screen.getByLabelText("From"), { target: { value } });
  screen.getByLabelText("From").focus();
  type("2020-01-01T00:00");
  expect(button.hasAttribute("disabled")).toBe(true);
  fireEvent.blur(screen.getByLabelText("From"));
  expect(screen.getByText("At most 366 days are shown.")).toBeTruthy();
  expect(button.hasAttribute("disabled")).toBe(true);
  expect(exports()).toEqual([]);
  const begin = new Date(Date.now() - 86_400_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  screen.getByLabelText("From").focus();
  type(begin);
  await user.click(button);
  await vi.waitFor(() => expect(exports()[0]?.searchParams.get("from")).toBe(new Date(begin).toISOString()));
});

test("a refusal is said, and it may be tried again", async () => {
  const user = userEvent.setup();
  open([ANN], { status: 503, body: { detail: "the database is busy" } });
  await user.click(await screen.findByRole("button", { name: "Write and save" }));
  await screen.findByText("The database is busy.");
  expect(saved).toEqual([]);
  expect(screen.getByRole("button", { name: "Write and save" }).hasAttribute("disabled")).toBe(false);
});

test("where there is nothing it says what to do", async () => {
  open([]);
  await screen.findByText("Nothing to write out yet");
  expect(screen.queryByRole("button", { name: "Write and save" })).toBeNull();
});

test("a report is asked for as a page, whatever tables are asked for as", () => {
  const period = { begin: Date.parse("2026-03-01T00:00:00Z"), end: Date.parse("2026-03-08T12:00:00Z"), span: "hour" as const };
  const path = addressOf({ what: "report", format: "csv", camera: "", people: [], period });
  expect(path).toBe("/exports/report?format=html&from=2026-03-01T00%3A00%3A00.000Z&to=2026-03-08T12%3A00%3A00.000Z");
});
