import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Done } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { ConsentForm, useConsent } from "./consent";
import { NewPerson } from "./NewPerson";

afterEach(() => vi.unstubAllGlobals());

/** Somebody gets a name, and what was typed of consent is sent; what the service was asked for. */
async function enrolled(fill: (user: ReturnType<typeof userEvent.setup>) => Promise<void>) {
  const user = userEvent.setup();
  const asked = serve(({ path }) => ({ body: path === "/signup" ? { consent_version: "3a", consent_text: "Your face is used" } : {} }));
  show(<NewPerson strangers={[{ person_id: "unknown-0007", etag: "seven" }]} isBusy={false} onClose={() => {}} onEnrol={(make: () => Promise<Done>) => void make()} />);
  await screen.findByText("Your face is used");
  expect(screen.getAllByRole<HTMLInputElement>("checkbox").filter((one) => one.checked)).toEqual([]);
  await user.type(screen.getByLabelText("Name"), "Grace");
  await user.click(screen.getByRole("checkbox", { name: "Recognise them" }));
  await fill(user);
  await user.click(screen.getByRole("button", { name: "Enrol" }));
  await vi.waitFor(() => expect(asked.at(-1)?.path).toBe("/review/new"));
  return asked.at(-1)?.body as { consent: object };
}

test("neither a proof nor a text is made up where nobody told of one", async () => {
  const { consent } = await enrolled(async () => {});
  expect(consent).toEqual({ scopes: ["identify"], version: "", evidence: "" });
});

test("the text of this system is the one that was agreed to where somebody says so, and is shown then", async () => {
  const { consent } = await enrolled(async (user) => {
    const box = screen.getByRole("checkbox", { name: "By the text of this system" });
    const shown = screen.getByText("Your face is used").closest("details");
    expect(shown?.open).toBe(false);
    await user.click(box);
    expect(shown?.open).toBe(true);
    expect(screen.getByLabelText<HTMLInputElement>("Version of the text").value).toBe("3a");
    await user.click(box);
    expect(screen.getByLabelText<HTMLInputElement>("Version of the text").value).toBe("");
    await user.click(box);
  });
  expect(consent).toEqual({ scopes: ["identify"], version: "3a", evidence: "" });
});

test("that kept pictures are deleted is said before it is done, unless pictures may be kept", async () => {
  await enrolled(async (user) => {
    expect(screen.getByText(/no undo brings them back/)).toBeTruthy();
    await user.click(screen.getByRole("checkbox", { name: "Keep pictures" }));
    expect(screen.queryByText(/no undo brings them back/)).toBeNull();
  });
});

test("where the text is read out it is the one that is agreed to, until somebody says otherwise", async () => {
  serve(() => ({ body: { consent_version: "3a", consent_text: "Your face is used" } }));
  function ReadOut() {
    const consent = useConsent({ isReadOut: true });
    return (
      <>
        <ConsentForm of={consent} showsText />
        <output>{JSON.stringify(consent.asked)}</output>
      </>
    );
  }
  show(<ReadOut />);
  const box = await screen.findByRole<HTMLInputElement>("checkbox", { name: "By the text of this system" });
  expect(box.checked).toBe(true);
  expect(screen.getByText("Your face is used").closest("details")?.open).toBe(true);
  expect(screen.getByRole("status").textContent).toContain('"version":"3a"');
  await userEvent.click(box);
  expect(screen.getByRole("status").textContent).toContain('"version":""');
});

test("a proof, another text and a day on which it ends are sent as they were typed", async () => {
  const { consent } = await enrolled(async (user) => {
    await user.type(screen.getByLabelText("What proves it"), " form 17 ");
    await user.type(screen.getByLabelText("Version of the text"), "2026-03");
    fireEvent.change(screen.getByLabelText("Until"), { target: { value: "2030-06-30" } });
  });
  expect(consent).toEqual({ scopes: ["identify"], version: "2026-03", evidence: "form 17", expires_at: new Date("2030-06-30T23:59:59").toISOString() });
});
