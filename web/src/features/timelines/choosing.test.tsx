import { cleanup, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import TimelinesPage from "./TimelinesPage";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const EVE = { person_id: "unknown-0007", name: "", kind: "stranger", best_picture: null };

test("strangers are found too, and nothing is exported of a time that cannot be shown", async () => {
  const timelines = { people: [], group: null, comparison: null, span: "hour", from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", why_not: "", coarser: "" };
  const isEnrolledOnly = (path: string) => path.includes("kind=enrolled");
  serve(({ path }) => ({
    body: path === "/session" ? { account_id: 1, name: "Ada", role: "operator" } : path.startsWith("/timelines") ? timelines : { items: isEnrolledOnly(path) ? [] : [EVE], next: null },
  }));
  const user = userEvent.setup();
  show(<TimelinesPage />);
  await user.type(screen.getByLabelText("Add somebody", { selector: "input" }), "unk");
  await user.click(await screen.findByRole("option", { name: /unknown-0007/ }));
  const from = await screen.findByLabelText("From");
  const isOff = () => screen.getByRole("button", { name: "Export (CSV)" }).hasAttribute("disabled");
  await vi.waitFor(() => expect(isOff()).toBe(false));
  fireEvent.change(from, { target: { value: "1990-01-01T00:00" } });
  fireEvent.blur(from);
  expect(isOff()).toBe(true);
});
