import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { invitedBy, linkOf } from "@/shared/api/signup";
import { type Asked, serve, show } from "@/test-app";
import { EntrancePage } from "./EntrancePage";

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

const TERMS = { mode: "off", face_login: false, consent_version: "v1", consent_text: "What you agree to.", scopes: ["identify", "expression", "keep"], snapshots: 10 };

function come(terms: Partial<typeof TERMS>, needed = false): Asked[] {
  const asked = serve(({ path }) => ({ body: path === "/setup" ? { needed } : path === "/signup" ? { ...TERMS, ...terms } : {} }));
  show(<EntrancePage />);
  return asked;
}

const ways = () => screen.getAllByRole("button").map((one) => one.textContent?.trim());

test.each([
  [{ mode: "off", face_login: false }, []],
  [{ mode: "off", face_login: true }, ["With my face"]],
  [{ mode: "open", face_login: false }, ["Sign up"]],
  [{ mode: "invitation", face_login: true }, ["With my face", "I am invited"]],
])("only what works here is offered: %o", async (terms, more) => {
  come(terms);
  await vi.waitFor(() => expect(ways()).toEqual(["Log in", ...more]));
});

test("a link that invites leads to a form in which name and invitation stand", async () => {
  history.replaceState(null, "", new URL(linkOf({ name: "Bea Löwe & Co", invitation: "17.ab" })).hash);
  const asked = come({ mode: "invitation" });
  expect(((await screen.findByLabelText("Name")) as HTMLInputElement).value).toBe("Bea Löwe & Co");
  expect((screen.getByLabelText("Invitation") as HTMLInputElement).value).toBe("17.ab");
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Password"), "long enough");
  await user.type(screen.getByLabelText("The same again"), "long enough");
  const own = screen.getAllByRole("checkbox").map((one) => one.closest("label")?.textContent);
  expect(own).toEqual(["Recognise me", "Read my apparent expression", "Keep pictures"]);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "I agree" }).disabled).toBe(true);
  await user.click(screen.getByRole("checkbox", { name: /Recognise me/ }));
  await user.click(screen.getByRole("button", { name: "I agree" }));
  await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ method: "POST", path: "/signup", body: { name: "Bea Löwe & Co", invitation: "17.ab", consent_version: "v1" } }));
});

test("an invitation to where nobody signs up any more is told so", async () => {
  history.replaceState(null, "", "#invitation=17.ab&name=Bea");
  come({ mode: "off" });
  expect(await screen.findByText(/Nobody signs up here/)).toBeTruthy();
});

test("before there is an admin, whoever has no token may sign up where that is open to everybody, and come back", async () => {
  come({ mode: "open", face_login: true }, true);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: /I have no token/ }));
  expect(ways()).toContain("Sign up");
  await user.click(screen.getByRole("button", { name: "Set up" }));
  expect(screen.getByLabelText("Token")).toBeTruthy();
});

test("where it is not, the token is the only way", async () => {
  come({ mode: "invitation" }, true);
  expect(await screen.findByLabelText("Token")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /no token/ })).toBeNull();
});

test("what invites stands behind the #, and nothing else does", () => {
  expect(linkOf({ name: "Bea", invitation: "17.ab" }, "http://here")).toBe("http://here/#invitation=17.ab&name=Bea");
  expect(invitedBy("#main")).toBeNull();
  expect(invitedBy("")).toBeNull();
});
