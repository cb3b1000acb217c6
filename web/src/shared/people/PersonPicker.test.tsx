import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { PersonPicker } from "./PersonPicker";

afterEach(() => vi.unstubAllGlobals());

test.each([
  [{ status: 429, body: { detail: "too many requests" } }, "Too many requests."],
  [{ body: { items: [], next: null } }, "Nobody is called so"],
])("a search that failed is told as that, and not as nobody", async (answer, words) => {
  serve(() => answer);
  show(<PersonPicker label="Who" picked={null} onPick={() => {}} />);
  await userEvent.type(screen.getByLabelText("Who", { selector: "input" }), "An");
  expect(await screen.findByText(words)).toBeTruthy();
});
