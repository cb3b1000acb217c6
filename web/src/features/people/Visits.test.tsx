import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import { Visits } from "./Visits";

afterEach(() => vi.unstubAllGlobals());

test("a visit that goes on is told as one that is noted once it is over", async () => {
  useTestSockets();
  serve(() => ({ body: { items: [], next: null } }));
  show(<Visits personId="person-0001" />);
  expect(await screen.findByText("No visit is over yet")).toBeTruthy();
  expect(screen.queryByText(/In view now/)).toBeNull();
  await vi.waitFor(() => TestSocket.last.open());
  TestSocket.last.hear({ type: "reading", camera: "door", faces: [{ person_id: "person-0001" }] });
  expect(await screen.findByText("In view now, at door: a visit is noted once it is over.")).toBeTruthy();
});
