import { useQuery } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api, told } from "@/shared/api/client";
import type { Role } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { Shell } from "./Shell";

const CLOSED = ["/settings", "/accounts", "/enrol", "/review", "/analyze"];

let wide: () => void = () => {};
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ addEventListener: (_: string, heard: () => void) => (wide = heard), removeEventListener() {} })));
afterEach(() => vi.unstubAllGlobals());

/** The shell at an address, with some screens that ask the service for something. */
function enter(role: Role, address = "/") {
  const asked = serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, name: "Ada", role, csrf_token: "t" } : {} }));
  const root = createRootRoute({ component: Shell });
  const page = (path: string, text: string) =>
    createRoute({
      getParentRoute: () => root,
      path,
      component: () => {
        useQuery({ queryKey: [path], queryFn: () => told(api.GET("/api/v1/system")) });
        return <button type="button">{text}</button>;
      },
    });
  const pages = [page("/", "on the wall"), page("/people", "of people"), ...CLOSED.map((path) => page(path, `at ${path}`))];
  const router = createRouter({ routeTree: root.addChildren(pages), history: createMemoryHistory({ initialEntries: [address] }) });
  show(<RouterProvider router={router as never} />);
  return () => asked.filter(({ path }) => path !== "/session");
}

async function open() {
  enter("admin");
  await userEvent.click(await screen.findByRole("button", { name: "More" }));
  return screen.getByRole("main", { hidden: true });
}

test("while the menu is open what is behind it cannot be reached, and Escape closes it", async () => {
  const main = await open();
  expect(main.hasAttribute("inert")).toBe(true);
  expect(document.activeElement?.closest("nav")?.getAttribute("aria-label")).toBe("All screens");
  await userEvent.keyboard("{Escape}");
  expect(main.hasAttribute("inert")).toBe(false);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "More" }));
});

test("a choice closes the menu, and leads into the page", async () => {
  const main = await open();
  await userEvent.click(screen.getAllByRole("link", { name: "People" })[0] as HTMLElement);
  await screen.findByText("of people");
  expect(main.hasAttribute("inert")).toBe(false);
  await waitFor(() => expect(document.activeElement).toBe(main));
});

test("a window that becomes wide has no menu over the page", async () => {
  const main = await open();
  wide();
  await waitFor(() => expect(main.hasAttribute("inert")).toBe(false));
});

test.each([
  ["viewer", "/settings", "admins"],
  ["viewer", "/settings/", "admins"],
  ["viewer", "/accounts", "admins"],
  ["viewer", "/enrol", "operators and admins"],
  ["viewer", "/Review", "operators and admins"],
  ["viewer", "/analyze", "operators and admins"],
  ["operator", "/accounts", "admins"],
  ["operator", "/settings", "admins"],
] as const)("a %s at %s is told whom it is for, and nothing of it is asked for or shown", async (role, address, whose) => {
  const asked = enter(role, address);
  expect(await screen.findByText(`This page is for ${whose}`)).toBeTruthy();
  expect(screen.queryByText(/^at /)).toBeNull();
  expect(asked()).toEqual([]);
  await userEvent.click(screen.getByRole("link", { name: "Back to the cameras" }));
  await screen.findByText("on the wall");
  await waitFor(() => expect(asked()).toHaveLength(1));
});

test.each([
  ["operator", "/enrol"],
  ["operator", "/review"],
  ["admin", "/settings"],
  ["viewer", "/people"],
] as const)("a %s gets in at %s", async (role, address) => {
  const asked = enter(role, address);
  await screen.findByText(address === "/people" ? "of people" : `at ${address}`);
  await waitFor(() => expect(asked()).toHaveLength(1));
});
