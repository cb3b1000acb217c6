import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import type { Standing } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { useTestSockets } from "@/test-sockets";
import PersonPage from "./PersonPage";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: ReactNode }) => <a href="/">{children}</a>, useParams: () => ({ personId: "person-0001" }), useNavigate: () => () => {} }));
vi.mock("@/shared/timeline/Chart", () => ({ Chart: () => null }));
afterEach(() => vi.unstubAllGlobals());

const ANN = { person_id: "person-0001", name: "Ann", kind: "enrolled", pictures: 2, stored: 2, visits: 0, last_seen_at: null, best_picture: null, created_at: "2026-01-02T00:00:00Z", is_recognised: true, consents: [] };
const PICTURES = [1, 2].map((picture_id) => ({ picture_id, is_stored: false, origin: "", state: "active", quality: 0.5, created_at: "2026-01-02T00:00:00Z" }));

/** Everything that is asked for as every tab is looked at. */
async function open(standing: Standing): Promise<string[]> {
  useTestSockets();
  const asked = serve(({ path }) => {
    if (path === "/session") return { body: { role: "operator" } };
    if (path === "/people/person-0001") return { body: { ...ANN, standing } };
    if (path.endsWith("/groups")) return { body: { groups: [] } };
    return { body: { items: path.includes("/pictures") ? PICTURES : [], people: [], record: [] } };
  });
  show(<PersonPage />);
  await screen.findByRole("grid", { name: "Pictures of Ann" });
  for (const tab of screen.getAllByRole("tab")) await userEvent.click(tab);
  return asked.map(({ path }) => path.replace(/\?.*/, ""));
}

test("of somebody who is there pictures are compared, and expressions told", async () => {
  const asked = await open("active");
  expect(asked).toContain("/people/person-0001/groups");
  expect(asked).toContain("/timelines");
});

test.each(["binned", "faded"] as const)("of somebody who is %s nothing is asked for that would be refused", async (standing) => {
  const asked = await open(standing);
  expect(asked).not.toContain("/people/person-0001/groups");
  expect(asked).not.toContain("/timelines");
  expect(screen.queryByRole("toolbar", { name: "Selected pictures" })).toBeNull();
});
