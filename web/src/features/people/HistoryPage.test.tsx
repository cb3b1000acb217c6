import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import HistoryPage from "./HistoryPage";

afterEach(() => vi.unstubAllGlobals());

const RENAMED = { change_id: 2, kind: "person.renamed", what: "rename", who: "Ann", people: ["person-0001"], at: "2026-01-02T00:00:00Z", is_automatic: false, undone_at: null };
const MERGED = { ...RENAMED, change_id: 1, what: "merge", is_automatic: true, undone_at: "2026-01-03T00:00:00Z" };
const UNDONE = { change_id: 2, kind: "", summary: "undo", warnings: ["a file went with it"], people: [], is_dry_run: true, taken_back: ["person-0001 is called Bea again"] };

function open(role: string) {
  const asked = serve(({ method, path }) => {
    if (path === "/session") return { body: { role } };
    if (method === "POST") return { body: UNDONE };
    return { body: path.includes("after=2") ? { items: [MERGED], next: null } : { items: [RENAMED], next: "2" } };
  });
  show(<HistoryPage />);
  return asked;
}

test("what was done is taken back after saying what becomes of it, and what was done before is found", async () => {
  const asked = open("operator");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Show more" }));
  expect((await screen.findByText("Merge")).closest("li")?.textContent).toMatch(/by itself.*taken back/);
  await user.click(screen.getByRole("button", { name: "Take back change 2" }));
  expect(await screen.findByText("Person-0001 is called Bea again")).toBeTruthy();
  expect(screen.getByText("A file went with it")).toBeTruthy();
  expect(asked.some(({ path }) => path === "/changes/undo")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Take back" }));
  expect(await screen.findByText("Taken back.")).toBeTruthy();
  expect(asked.filter(({ method }) => method === "POST").map(({ path, body }) => [path, body])).toEqual([
    ["/changes/foresee", { change_id: 2 }],
    ["/changes/undo", { change_id: 2 }],
  ]);
  expect(screen.queryByRole("button", { name: "Take back change 1" })).toBeNull();
});

test("a viewer reads the history, and takes nothing back", async () => {
  open("viewer");
  await screen.findByText("Rename");
  expect(screen.queryByRole("button", { name: /Take back/ })).toBeNull();
});
