import { cleanup, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { useTestSockets } from "@/test-sockets";
import PersonPage from "./PersonPage";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: ReactNode }) => <a href="/">{children}</a>,
  useParams: () => ({ personId: "person-0001" }),
  useNavigate: () => () => {},
}));
vi.mock("@/shared/timeline/PersonTimeline", () => ({ PersonTimeline: () => null })); // it asks for a canvas
const ANN = { person_id: "person-0001", name: "Ann", kind: "enrolled", standing: "active", is_recognised: true, consents: ["identify"], pictures: 1, stored: 0, visits: 0, created_at: "2026-01-02T00:00:00Z" };
beforeEach(useTestSockets);
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test.each([
  ["viewer", false],
  ["operator", true],
])("of a %s it is %s that consent and its evidence are shown", async (role, isShown) => {
  const asked = serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, role } : path === "/people/person-0001" ? ANN : { items: [], next: null } }));
  show(<PersonPage />);
  await screen.findByRole("tab", { name: "Visits" });
  if (isShown) expect(await screen.findByRole("tab", { name: "Consent" })).toBeTruthy();
  else expect(screen.queryByRole("tab", { name: "Consent" })).toBeNull();
  expect(asked.some(({ path }) => path.endsWith("/consents"))).toBe(false);
});
