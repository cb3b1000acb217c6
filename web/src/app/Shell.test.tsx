import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { Shell } from "./Shell";

let wide: () => void = () => {};
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ addEventListener: (_: string, heard: () => void) => (wide = heard), removeEventListener() {} })));
afterEach(() => vi.unstubAllGlobals());

async function open() {
  serve(() => ({ body: { account_id: 1, name: "Ada", role: "admin", csrf_token: "t" } }));
  const root = createRootRoute({ component: Shell });
  const page = (path: string, text: string) => createRoute({ getParentRoute: () => root, path, component: () => <button type="button">{text}</button> });
  const router = createRouter({ routeTree: root.addChildren([page("/", "on the wall"), page("/people", "of people")]), history: createMemoryHistory() });
  show(<RouterProvider router={router as never} />);
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
