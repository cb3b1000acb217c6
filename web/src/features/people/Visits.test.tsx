import { screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { Visits } from "./Visits";

const inView = vi.hoisted(() => vi.fn((): string[] => []));
vi.mock("@/shared/live/useInView", () => ({ useInView: inView }));
vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: ReactNode }) => <a href="/">{children}</a> }));
afterEach(() => vi.unstubAllGlobals());

test("a visit that goes on is told as one that is noted once it is over", async () => {
  serve(() => ({ body: { items: [], next: null } }));
  inView.mockReturnValue(["door"]);
  show(<Visits personId="person-0001" />);
  expect(await screen.findByText("In view now, at door: a visit is noted once it is over.")).toBeTruthy();
  expect(screen.getByText("No visit is over yet")).toBeTruthy();
});
