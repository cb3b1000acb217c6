import { useQuery } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Standing } from "@/shared/api/types";
import { useChange } from "@/shared/people/change";
import { type Asked, serve, show } from "@/test-app";
import { place } from "@/test-router";
import { useTestSockets } from "@/test-sockets";
import { PersonActions } from "./PersonActions";
import PersonPage from "./PersonPage";
import { SplitPictures } from "./PictureDialogs";
import { personQuery } from "./queries";

const ANN = { person_id: "person-0001", name: "Ann", kind: "enrolled", standing: "active" };
const RECEIPT = { verified: { files: 12, traces: 0 }, audit: { number: 7 }, not_covered: ["what others were sent"] };
let person: object = ANN;
let people: object[] = [];
let etag = '"person-0001.1"';
beforeEach(() => {
  place.params = { personId: "person-0001" };
  person = ANN;
  etag = '"person-0001.1"';
});
afterEach(() => vi.unstubAllGlobals());

function Shown({ isSplit }: { isSplit?: boolean }) {
  const { data } = useQuery(personQuery("person-0001"));
  const change = useChange();
  if (!data) return null;
  return (
    <>
      <h1>{data.name}</h1>
      {isSplit ? <SplitPictures person={data} pictureIds={[4]} change={change} onClose={() => {}} /> : <PersonActions person={data} />}
    </>
  );
}

function open(isSplit = false) {
  const asked = serve(({ method, path }) => {
    if (path.startsWith("/people?")) return { body: { items: people, next: null } };
    if (method === "GET") return { body: person, etag };
    if (path.startsWith("/privacy/forget")) return { body: { summary: "forget Ann", counts: { pictures: 3 }, outside: [], warnings: [], person_ids: ["person-0001"], receipt: path.includes("dry_run=true") ? null : RECEIPT } };
    if (path.startsWith("/privacy/export")) return {};
    return { status: 412, body: { detail: "person-0001 was changed by somebody else meanwhile" } };
  });
  const queries = show(<Shown isSplit={isSplit} />);
  const overtaken = async () => {
    person = { ...ANN, name: "Anna" };
    etag = '"person-0001.2"';
    await queries.invalidateQueries({ queryKey: ["person"] });
    await screen.findByText("Anna");
  };
  return { asked, overtaken };
}
const told = (asked: Asked[], method: string) => asked.find((one) => one.method === method);

test("a name that somebody else gave while another one was typed is not overwritten without a word", async () => {
  const { asked, overtaken } = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Rename" }));
  await overtaken();
  await user.type(screen.getByLabelText("Name"), "Lee");
  await user.click(screen.getByRole("button", { name: "Rename" }));
  await screen.findByText(/changed by somebody else/);
  expect(told(asked, "PATCH")).toMatchObject({ body: { name: "AnnLee" }, ifMatch: '"person-0001.1"' });
});

test("a stranger gets a name with what they consent to, of which nothing is taken for granted", async () => {
  person = { ...ANN, person_id: "unknown-0007", name: "", kind: "stranger" };
  const { asked } = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Give a name" }));
  await user.type(screen.getByLabelText("Name"), "Bea");
  expect(screen.getByText("Without being recognised nobody can be enrolled.")).toBeTruthy();
  await user.click(screen.getByText("Read their apparent expression"));
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Enrol" }).disabled).toBe(true);
  await user.click(screen.getByText("Recognise them"));
  await user.click(screen.getByRole("button", { name: "Enrol" }));
  await vi.waitFor(() => expect(told(asked, "POST")).toMatchObject({ path: "/review/new", body: { strangers: ["unknown-0007"], name: "Bea", consent: { scopes: ["expression", "identify"] } } }));
});

test("people are merged as both were when they were looked at", async () => {
  const { asked, overtaken } = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "More about Ann" }));
  await user.click(await screen.findByRole("menuitem", { name: "Merge with somebody…" }));
  await overtaken();
  people = [{ person_id: "person-0002", name: "Bob", kind: "enrolled", etag: "bob", best_picture: null }];
  await user.type(screen.getByLabelText("Who"), "Bo");
  await user.click(await screen.findByRole("option", { name: /Bob/ }));
  await user.click(screen.getByRole("button", { name: "Merge" }));
  const seen = { "person-0001": '"person-0001.1"', "person-0002": "bob" };
  await vi.waitFor(() => expect(told(asked, "POST")).toMatchObject({ path: "/people/merge", body: { into: "person-0002", others: ["person-0001"], seen } }));
});

test("pictures are parted from the person who was looked at, as they were then", async () => {
  const { asked, overtaken } = open(true);
  await screen.findByRole("dialog");
  await overtaken();
  await userEvent.click(screen.getByRole("button", { name: "Part them" }));
  await vi.waitFor(() => expect(told(asked, "POST")).toMatchObject({ path: "/people/person-0001/split", ifMatch: '"person-0001.1"' }));
});

test("a copy of everything is handed out, and the person is forgotten and left, from where they are shown", async () => {
  const { asked } = open();
  const user = userEvent.setup();
  Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => {} });
  const kept = vi.spyOn(HTMLAnchorElement.prototype, "click").mockReturnValue();
  await user.click(await screen.findByRole("button", { name: "More about Ann" }));
  await user.click(await screen.findByRole("menuitem", { name: "Export everything" }));
  await vi.waitFor(() => expect(asked.at(-1)).toMatchObject({ method: "POST", path: "/privacy/export/person-0001" }));
  await vi.waitFor(() => expect(kept).toHaveBeenCalledOnce());
  await user.click(await screen.findByRole("button", { name: "More about Ann" }));
  await user.click(await screen.findByRole("menuitem", { name: "Forget for good…" }));
  await screen.findByText(/That removes 3 pictures/);
  await user.type(screen.getByLabelText("Type Ann to confirm"), "Ann");
  await user.click(screen.getByRole("button", { name: "Forget for good" }));
  await screen.findByText(/12 files were searched .* 0 traces/);
  await user.click(screen.getByRole("button", { name: "Save the receipt" }));
  expect(kept).toHaveBeenCalledTimes(2);
  expect(place.navigate).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Done" }));
  await vi.waitFor(() => expect(place.navigate).toHaveBeenCalledWith({ to: "/people" }));
  expect(asked.filter(({ path }) => path.startsWith("/privacy/forget")).map(({ path, body }) => [path, body])).toEqual([
    ["/privacy/forget/person-0001?dry_run=true", null],
    ["/privacy/forget/person-0001?dry_run=false", { agreed: ["person-0001"] }],
  ]);
});

const SHOWN = { ...ANN, pictures: 2, templates: 2, stored: 2, visits: 0, last_seen_at: null, best_picture: null, created_at: "2026-01-02T00:00:00Z", is_recognised: true, consents: [] };
const PICTURES = [1, 2].map((picture_id) => ({ picture_id, is_stored: false, origin: "", state: "active", quality: 0.5, created_at: "2026-01-02T00:00:00Z" }));

/** Everything that is asked for as every tab is looked at. */
async function look(standing: Standing, templates = 2): Promise<string[]> {
  useTestSockets();
  const asked = serve(({ path }) => {
    if (path === "/session") return { body: { role: "operator" } };
    if (path === "/people/person-0001") return { body: { ...SHOWN, standing, templates } };
    if (path.endsWith("/groups")) return { body: { groups: [] } };
    return { body: { items: path.includes("/pictures") ? PICTURES : [], people: [], record: [] } };
  });
  show(<PersonPage />);
  await screen.findByRole("grid", { name: "Pictures of Ann" });
  for (const tab of screen.getAllByRole("tab")) await userEvent.click(tab);
  return asked.map(({ path }) => path.replace(/\?.*/, ""));
}

test("of somebody who is there pictures are compared, and expressions told", async () => {
  const asked = await look("active");
  expect(asked).toContain("/people/person-0001/groups");
  expect(asked).toContain("/timelines");
});

test("of whom nothing can be compared no groups are asked for", async () => {
  expect(await look("active", 0)).not.toContain("/people/person-0001/groups");
});

test.each(["binned", "faded"] as const)("of somebody who is %s nothing is asked for that would be refused", async (standing) => {
  const asked = await look(standing);
  expect(asked).not.toContain("/people/person-0001/groups");
  expect(asked).not.toContain("/timelines");
  expect(screen.queryByRole("toolbar", { name: "Selected pictures" })).toBeNull();
});

test.each([
  ["viewer", false],
  ["operator", true],
])("of a %s it is %s that consent and its evidence are shown", async (role, isShown) => {
  useTestSockets();
  const asked = serve(({ path }) => ({ body: path === "/session" ? { account_id: 1, role } : path === "/people/person-0001" ? SHOWN : { items: [], next: null } }));
  show(<PersonPage />);
  await screen.findByRole("tab", { name: "Visits" });
  if (isShown) expect(await screen.findByRole("tab", { name: "Consent" })).toBeTruthy();
  else expect(screen.queryByRole("tab", { name: "Consent" })).toBeNull();
  expect(asked.some(({ path }) => path.endsWith("/consents"))).toBe(false);
});
