import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { sessionQuery } from "@/shared/api/session";
import { serve, show } from "@/test-app";
import TimelinesPage from "./TimelinesPage";

const ANN = { person_id: "person-0001", name: "Ann", best_picture: null };
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test.each([
  ["viewer", false],
  ["operator", true],
] as const)("to a %s it is %s that timelines may be taken along", async (role, may) => {
  serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, name: "Ada", role } : { items: [ANN], next: null } }));
  const queries = show(<TimelinesPage />);
  await screen.findByRole("button", { name: "Show Ann" });
  await vi.waitFor(() => expect(queries.getQueryData(sessionQuery.queryKey)).toBeTruthy());
  await vi.waitFor(() => expect(!!screen.queryByRole("button", { name: "Export (CSV)" })).toBe(may));
});
