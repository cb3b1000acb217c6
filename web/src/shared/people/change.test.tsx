import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api, told } from "@/shared/api/client";
import { serve, show } from "@/test-app";
import { inWords, useChange } from "./change";

afterEach(() => vi.unstubAllGlobals());
const DONE = { change_id: 7, kind: "merge", summary: "unknown-0007 is Ada", warnings: [], people: [], is_dry_run: false };

function Merging() {
  const change = useChange();
  return (
    <button type="button" onClick={() => change.mutate(() => told(api.POST("/api/v1/people/merge", { body: { into: "person-0001", others: ["unknown-0007"] } })))}>
      merge
    </button>
  );
}

test("what was done is told, and one press takes it back", async () => {
  const asked = serve(({ path }) => ({ body: path === "/people/merge" ? DONE : { ...DONE, taken_back: [] } }));
  show(<Merging />);
  await userEvent.click(screen.getByText("merge"));
  expect(await screen.findByText("Unknown-0007 is Ada")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText("Taken back.")).toBeTruthy();
  expect(asked.at(-1)).toMatchObject({ path: "/changes/undo", body: { change_id: 7 } });
});

test("whoever was overtaken by somebody else is told, and sees it anew", async () => {
  serve(() => ({ status: 412, body: { detail: "person-0001 was changed by somebody else meanwhile: look again, and try again" } }));
  const queries = show(<Merging />);
  queries.setQueryData(["person", "person-0001"], {});
  await userEvent.click(screen.getByText("merge"));
  expect((await screen.findByRole("alert")).textContent).toContain("changed by somebody else");
  expect(queries.getQueryState(["person", "person-0001"])?.isInvalidated).toBe(true);
});

test("counts are told in words, and what there is none of is left out", () => {
  expect(inWords({ pictures: 3, visit_pictures: 1, readings: 0 })).toBe("3 pictures, 1 visit pictures");
  expect(inWords({})).toBe("nothing");
});
