import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ModelPage, Role } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { Terms } from "./Terms";

beforeEach(() => vi.stubGlobal("CSS", { escape: (text: string) => text })); // which dialogs ask for, and jsdom lacks
afterEach(() => vi.unstubAllGlobals());
const MODEL = {
  name: "scrfd-2.5g",
  allowed_use: "research-only",
  licence_weights: "non-commercial research",
  licence_code: "MIT",
  use_note: "",
  data: "WIDER FACE",
  upstream: "https://example.org",
  is_restricted: true,
  is_accepted: false,
  acceptance: "not accepted",
} as ModelPage;

function open(role: Role, model: Partial<ModelPage> = {}) {
  const asked = serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, name: "Ada", role, csrf_token: "t" } : { ...MODEL, ...model } }));
  show(<Terms model={{ ...MODEL, ...model }} />);
  return asked;
}

test("an admin reads the terms once more, and accepts them", async () => {
  const asked = open("admin");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Accept the terms…" }));
  expect(screen.getByRole("dialog").textContent).toContain("non-commercial research");
  expect(asked.some(({ method }) => method === "POST")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Accept" }));
  await vi.waitFor(() => expect(asked).toContainEqual({ method: "POST", path: "/models/scrfd-2.5g/accept", body: null }));
});

test("others are told whom to ask", async () => {
  open("operator");
  expect(await screen.findByText(/an admin can do that/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Accept the terms…" })).toBeNull();
});

test("terms that are accepted are not asked about", async () => {
  open("admin", { is_accepted: true, acceptance: "accepted on 2026-01-02" });
  expect(await screen.findByText(/research only; accepted on 2026-01-02/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Accept the terms…" })).toBeNull();
  expect(screen.queryByText(/does not run/)).toBeNull();
});

test("an address that is no web page is no link", () => {
  open("admin", { upstream: "javascript:alert(1)" });
  expect(screen.queryByRole("link")).toBeNull();
});
