import { cleanup, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { show } from "@/test-app";
import { ImportFolder } from "./ImportFolder";
import { putAway } from "./importing";

afterEach(() => {
  putAway();
  vi.unstubAllGlobals();
});

const JOB = {
  ...{ import_id: "abc", state: "done", done: 3, total: 3, received: 3, people: 1, new_people: 1, pictures: 2, skipped: 0, refused_count: 150 },
  refused: [{ name: "Ada/3.jpg", reason: "no face was found" }],
  ...{ remarks: [], is_dry_run: false, is_declared: true, notice: "", problem: "" },
};

function folder(...paths: string[]): File[] {
  return paths.map((path) => {
    const file = new File(["x"], path.split("/").at(-1) ?? "", { type: "image/jpeg" });
    Object.defineProperty(file, "webkitRelativePath", { value: path, configurable: true });
    return file;
  });
}

function choose(files: File[]): void {
  const input = document.querySelector("input[type=file]");
  if (input) fireEvent.change(input, { target: { files } });
}

test("who is in a folder is shown, and after the import what was refused and why", async () => {
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/imports")) sent.push(await request.text());
    if (pathname.endsWith("/signup")) return new Response(JSON.stringify({ consent_version: "3a", consent_text: "Your face" }), { headers: { "content-type": "application/json" } });
    return new Response(JSON.stringify(JOB), { headers: { "content-type": "application/json" } });
  });
  show(<ImportFolder />);
  choose(folder("team/Ada/1.jpg", "team/Ada/2.jpg", "team/Ada/3.jpg", "team/group.jpg"));
  expect(screen.getByText("1 person")).toBeTruthy();
  expect(screen.getByText(/1 picture in nobody’s folder left out/)).toBeTruthy();
  await screen.findByText("Your face");
  expect(screen.getAllByRole<HTMLInputElement>("checkbox").filter((one) => one.checked)).toEqual([]);
  for (const use of ["Recognise them", "Keep pictures"]) await userEvent.click(screen.getByText(use));
  await userEvent.click(screen.getByRole("button", { name: "Import 1 person" }));
  expect(await screen.findByText("Imported")).toBeTruthy();
  expect(JSON.parse(sent[0] ?? "")).toEqual({
    total: 3,
    consent: { scopes: ["identify", "keep"], version: "", evidence: "" },
  });
  expect(screen.getByText("no face was found")).toBeTruthy();
  expect(screen.getByText("and 149 more")).toBeTruthy();
  expect(screen.getByText("2 pictures taken in, of 1 person, 1 of them new here.")).toBeTruthy();
  expect(screen.getByText("See the people").getAttribute("href")).toBe("/people");
  await userEvent.click(screen.getByRole("button", { name: "Import another folder" }));
  expect(document.querySelector("input[type=file]")).toBeTruthy();
});

test("what was only tried is imported with the same answers, wherever one was meanwhile", async () => {
  let isTrial = true;
  let told: object = {};
  const sent: [path: string, body: string][] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname.endsWith("/imports")) {
      isTrial = search === "?dry_run=true";
      sent.push([search, await request.text()]);
    }
    return new Response(JSON.stringify({ ...JOB, is_dry_run: isTrial, ...told }), { headers: { "content-type": "application/json" } });
  });
  show(<ImportFolder />);
  choose(folder("team/Ada/1.jpg"));
  await userEvent.click(screen.getByText("Recognise them"));
  await userEvent.type(screen.getByLabelText("What proves it"), "form 7");
  told = { pictures: 0 };
  await userEvent.click(screen.getByRole("button", { name: "Only try it" }));
  await screen.findByText("Tried: nothing was kept");
  expect(screen.queryByRole("button", { name: "Import now" })).toBeNull();
  told = {};
  await userEvent.click(screen.getByRole("button", { name: "Back" }));
  await userEvent.click(screen.getByRole("button", { name: "Only try it" }));
  await screen.findByText("Tried: nothing was kept");
  cleanup();
  show(<ImportFolder />);
  await userEvent.click(screen.getByRole("button", { name: "Import now" }));
  expect(await screen.findByText("Imported")).toBeTruthy();
  expect(sent.map(([search]) => search)).toEqual(["?dry_run=true", "?dry_run=true", ""]);
  expect(sent[2]?.[1]).toBe(sent[1]?.[1]);
  expect(sent[2]?.[1]).toContain("form 7");
});

test("files are sorted to their people once, not at every key", async () => {
  show(<ImportFolder />);
  const files = folder("team/Ada/1.jpg", "team/Bo/1.jpg");
  const path = vi.fn(() => "team/Ada/1.jpg");
  files.forEach((file) => Object.defineProperty(file, "webkitRelativePath", { get: path }));
  choose(files);
  expect(screen.getByText("1 person")).toBeTruthy();
  path.mockClear();
  await userEvent.type(screen.getByLabelText("What proves it"), "forms 1 to 20");
  expect(path).not.toHaveBeenCalled();
});

test("without a folder that could be a name there is nothing to import", () => {
  show(<ImportFolder />);
  choose(folder("1.jpg"));
  expect(screen.getByText(/could be a name/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Import/ })).toBeNull();
});

test("nobody is imported who is not to be recognised", async () => {
  show(<ImportFolder />);
  choose(folder("team/Ada/1.jpg"));
  const start = screen.getByRole("button", { name: "Import 1 person" });
  expect(start.hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByText("Keep pictures"));
  expect(start.hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByText("Recognise them"));
  expect(start.hasAttribute("disabled")).toBe(false);
});
