import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { show } from "@/test-app";
import { Field } from "./controls";
import { Ask, Dialog } from "./dialogs";
import { say, sayFailure } from "./toasts";

function Naming({ onYes, fault = "" }: { onYes: (name: string) => void; fault?: string }) {
  const [name, setName] = useState("");
  const [isOpen, setOpen] = useState(true);
  return (
    <Ask title="A name" verb="Enrol" isOpen={isOpen} onClose={() => setOpen(false)} isDisabled={!name} onYes={() => onYes(name)}>
      <Field label="Name" value={name} onChange={setName} {...(fault ? { fault } : {})} />
    </Ask>
  );
}

test("Enter in a field says yes, where that can be said, whatever was wrong before", async () => {
  const onYes = vi.fn();
  show(<Naming onYes={onYes} fault="Is taken" />);
  await userEvent.type(screen.getByLabelText("Name"), "{Enter}");
  expect(onYes).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText("Name"), "Ada{Enter}");
  expect(onYes).toHaveBeenCalledExactlyOnceWith("Ada");
});

test("a failure is told in the dialog that asked for it, and goes with the next try", async () => {
  const onYes = vi.fn<() => void>(() => sayFailure(new Error("The name is taken.")));
  show(<Naming onYes={onYes} />);
  await userEvent.type(screen.getByLabelText("Name"), "Ada{Enter}");
  expect(screen.getByRole("alert").closest("[role=dialog]")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toBe("The name is taken.");
  onYes.mockImplementation(() => {});
  await userEvent.click(screen.getByRole("button", { name: "Enrol" }));
  expect(screen.queryByRole("alert")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
});

test("a dialog that asks nothing tells failures too; after it they are messages again", async () => {
  function Both() {
    const [isOpen, setOpen] = useState(true);
    return (
      <Dialog title="Pictures" isOpen={isOpen} onClose={() => setOpen(false)}>
        <button type="button" onClick={() => sayFailure(new Error("Gone."))}>
          fail
        </button>
      </Dialog>
    );
  }
  show(<Both />);
  await userEvent.click(screen.getByText("fail"));
  expect(screen.getByRole("alert").closest("[role=dialog]")).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  sayFailure(new Error("Gone again."));
  expect((await screen.findByRole("alert")).closest(".toasts")).toBeTruthy();
});

test("messages can be closed while a dialog is open, which stays", async () => {
  show(<Naming onYes={() => {}} />);
  await userEvent.type(screen.getByLabelText("Name"), "Ada");
  say("A camera is back.");
  await userEvent.click(await screen.findByRole("button", { name: "Close message" }));
  expect(screen.queryByText("A camera is back.")).toBeNull();
  expect((screen.getByLabelText("Name") as HTMLInputElement).value).toBe("Ada");
});

test("failures stay until they are closed, whatever is said after them; of good news the last three stay", async () => {
  show(null);
  sayFailure(new Error("It failed."));
  for (const one of ["one", "two", "three", "four"]) say(one);
  expect((await screen.findAllByRole("status")).map((toast) => toast.textContent)).toEqual(["two", "three", "four"]);
  sayFailure(new Error("It failed."));
  expect((await screen.findAllByRole("alert")).map((toast) => toast.textContent)).toEqual(["It failed."]);
});
