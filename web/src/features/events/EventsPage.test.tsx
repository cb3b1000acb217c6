import { screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import EventsPage from "./EventsPage";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: ReactNode }) => <a href="/">{children}</a> }));
afterEach(() => vi.unstubAllGlobals());

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
  let items: object[] = [SEEN];
  serve(({ path }) => ({ body: { items: path.startsWith("/events") ? items : [], next: null } }));
  show(<EventsPage />);
  expect((await screen.findByRole("listitem")).textContent).toContain("Ann came into view 71 % alike");
  items = [SHIFT, SEEN];
  TestSocket.last.open();
  TestSocket.last.hear({ type: "event", ...SHIFT });
  await vi.waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(2));
  expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("Ann appears to have changed from neutral to happiness after 12 s");
});
