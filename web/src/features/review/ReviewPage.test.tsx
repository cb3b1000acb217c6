import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import ReviewPage from "./ReviewPage";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: ReactNode }) => <a href="#card">{children}</a> }));
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

const STRANGER = { person_id: "unknown-0007", pictures: [], visits: 3, first_seen_at: "2026-01-02T00:00:00Z", last_seen_at: "2026-01-02T00:00:00Z", people: [], strangers: [] };

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
