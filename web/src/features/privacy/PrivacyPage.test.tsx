import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import PrivacyPage from "./PrivacyPage";

const PURPOSE = { purpose: "personal", meaning: "your own home", expressions: true, blur_strangers: false, why_not: "", purposes: {} };
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open(role: string, purpose = PURPOSE) {
  const asked = serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, role } : path === "/privacy/purpose" ? purpose : { items: [], next: null, kept: {} } }));
  show(<PrivacyPage />);
  await screen.findByText("personal");
  return asked;
}

test("the audit log is for operators, and asked for by nobody else", async () => {
  await open("operator");
  await userEvent.click(await screen.findByRole("tab", { name: "Audit log" }));
  expect(await screen.findByText("Nothing yet")).toBeTruthy();
  cleanup();
  const asked = await open("viewer");
  expect(screen.getAllByRole("tab").map((one) => one.textContent)).toEqual(["Purpose", "Retention"]);
  await userEvent.click(screen.getByRole("tab", { name: "Retention" }));
  expect(asked.filter(({ path }) => path.startsWith("/privacy/audit"))).toEqual([]);
});

test("it is said where strangers are blurred, and where they are not", async () => {
  await open("viewer");
  expect(screen.getByText(/are not blurred, in live pictures, and in videos/)).toBeTruthy();
  cleanup();
  await open("viewer", { ...PURPOSE, blur_strangers: true });
  expect(screen.getByText(/are blurred, in live pictures, and in videos/)).toBeTruthy();
});
