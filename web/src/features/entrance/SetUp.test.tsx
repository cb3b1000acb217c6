import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { sessionQuery } from "@/shared/api/session";
import { serve, show } from "@/test-app";
import { SetUp } from "./SetUp";

afterEach(() => vi.unstubAllGlobals());
const SESSION = { account_id: 1, name: "Ada", role: "admin", csrf_token: "t" };

async function fill(password: string, again: string) {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Token"), "abc{Enter}");
  await user.type(screen.getByLabelText("Name"), "Ada{Enter}");
  await user.type(screen.getByLabelText("Password"), password);
  await user.type(screen.getByLabelText("The same again"), `${again}{Enter}`);
}

test("token, name and password make the first account, and log in", async () => {
  const asked = serve(() => ({ status: 201, body: SESSION }));
  const queries = show(<SetUp />);
  await fill("long enough", "long enough");
  await vi.waitFor(() => expect(queries.getQueryData(sessionQuery.queryKey)).toMatchObject({ name: "Ada" }));
  expect(asked).toMatchObject([{ method: "POST", path: "/setup", body: { token: "abc", name: "Ada", password: "long enough" } }]);
});

test("a password that is too short, or typed differently twice, is not sent", async () => {
  const asked = serve(() => ({}));
  show(<SetUp />);
  await fill("short", "short");
  expect(screen.getByRole("alert").textContent).toContain("at least 10 characters");
  expect(asked).toEqual([]);
});

test("a wrong token leads back to it, in the words of the service", async () => {
  serve(() => ({ status: 403, body: { detail: "this is not the token that the terminal shows" } }));
  show(<SetUp />);
  await fill("long enough", "long enough");
  expect((await screen.findByRole("alert")).textContent).toBe("This is not the token that the terminal shows.");
  expect(screen.getByLabelText("Token")).toBeTruthy();
});
