import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { type Asked, serve, show } from "@/test-app";
import AccountsPage from "./AccountsPage";

afterEach(() => vi.unstubAllGlobals());

const ANN = { account_id: 2, name: "Ann", role: "viewer", created_at: "2026-01-02T00:00:00Z", person_id: "", is_enabled: true, allows_face: false, has_password: true, etag: '"a1"' };

function open(mode = "invitation"): Asked[] {
  const asked = serve(({ method, path }) => {
    if (path.startsWith("/signup")) return { body: { mode, face_login: true, consent_version: "", consent_text: "", scopes: [], snapshots: 10 } };
    if (path === "/invitations") return { status: 201, body: { invitation: "17.ab", expires_at: "2026-01-09T00:00:00Z" } };
    if (path === "/session") return { status: 401, body: {} };
    return { body: method === "GET" ? { items: [ANN], next: null } : ANN };
  });
  show(<AccountsPage />);
  return asked;
}

test("an admin invites somebody by a link, which says for whom it is", async () => {
  const asked = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Invite" }));
  await user.type(screen.getByLabelText("Name"), "Bea Lee{Tab}");
  await user.click(screen.getByText("Invite", { selector: "[role=dialog] button" }));
  const told = (await screen.findByText("The invitation of Bea Lee")).closest("[role=dialog]");
  expect(told?.textContent).toContain(`${location.origin}/#invitation=17.ab&name=Bea+Lee`);
  expect(asked.find((one) => one.path === "/invitations")?.body).toEqual({ name: "Bea Lee", days: 7 });
  await user.click(screen.getByText("Copy the link"));
  expect(await navigator.clipboard.readText()).toBe(`${location.origin}/#invitation=17.ab&name=Bea+Lee`);
});

test.each(["off", "open"])("nobody is invited where signing up is %s", async (mode) => {
  open(mode);
  await screen.findByText("Ann");
  if (mode === "open") await screen.findByText(/Everybody who reaches this address may sign up/);
  expect(screen.queryByRole("button", { name: "Invite" })).toBeNull();
});

test("what is changed of an account is sent and nothing else, bound to how it was seen", async () => {
  const asked = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Change Ann" }));
  const name = screen.getByLabelText("Name");
  await user.clear(name);
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true);
  await user.type(name, "Ann");
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled"), "nothing is changed").toBe(true);
  await user.type(name, "a ");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(asked.find((one) => one.method === "PATCH")).toEqual({ method: "PATCH", path: "/accounts/2", body: { name: "Anna" }, ifMatch: '"a1"' }));
});

test("accounts beyond the first page are shown, too", async () => {
  serve(({ path }) => ({ body: path.endsWith("after=2") ? { items: [{ ...ANN, account_id: 3, name: "Bob" }], next: null } : { items: [ANN], next: 2 } }));
  show(<AccountsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByText("Bob")).toBeTruthy();
  expect(screen.getByText("Ann")).toBeTruthy();
});
