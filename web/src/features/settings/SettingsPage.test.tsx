import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Setting } from "@/shared/api/types";
import { type Asked, serve, show } from "@/test-app";
import { CameraDialog } from "./CameraDialog";
import { camerasOf } from "./cameras";
import { type Seen, useChange, useSettings } from "./queries";
import { Restart } from "./Restart";
import { Sections } from "./Sections";

afterEach(() => vi.unstubAllGlobals());

const one = (key: string, value: unknown, more: Partial<Setting> = {}): Setting => ({
  key,
  place: key.split("."),
  value,
  in_force: value,
  default: value,
  source: "default",
  fixed: "",
  applies: "restart",
  is_pending: false,
  description: `what ${key} is for`,
  ...more,
});
const ITEMS = [
  one("detection.min_score", 0.7, { default: 0.6, source: "mien.yaml:3" }),
  one("detection.model", "yunet"),
  one("service.port", 8000, { fixed: "where mien listens is settled on its machine" }),
  one("cameras.door.source", "rtsp://***@cam/live", { source: "mien.yaml:7" }),
  one("cameras.door.enabled", true),
  one("cameras.door.every", 0),
  one("cameras.door.fps", 0),
  one("cameras.door.detection.min_score", 0.5, { source: "mien.yaml:9" }),
];
const TOLD = { items: ITEMS, file: "mien.yaml", begun: 0, problems: [], refused: "" };
const score = { type: "number", minimum: 0, maximum: 1 };
const detection = { properties: { min_score: score, model: { type: "string", enum: ["yunet", "mtcnn"] } }, description: "what counts as a face" };
const SCHEMA = { properties: { detection, cameras: { additionalProperties: { properties: { source: { type: "string" }, detection } } } } };
const seen: Seen = { ...TOLD, etag: '"a"' };

/** The whole of it, as the service tells it now. */
function Live() {
  const { data } = useSettings();
  return data ? (
    <>
      <Restart seen={data} />
      <Sections seen={data} schema={SCHEMA} />
    </>
  ) : null;
}

const sent = (asked: Asked[]) => asked.filter((one) => one.method !== "GET");

test("what is typed wrong is said beside the field and not sent, what is right is saved with all else", async () => {
  const asked = serve(() => ({ body: TOLD }));
  show(<Sections seen={seen} schema={SCHEMA} />);
  const user = userEvent.setup();
  const field = screen.getByRole("textbox", { name: "detection.min_score", hidden: true });
  await user.clear(field);
  await user.type(field, "7");
  expect(screen.getByText("At most 1.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("data-disabled")).toBe(true);
  await user.clear(field);
  await user.type(field, "0.5");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent(asked)).toMatchObject([{ method: "PATCH", path: "/settings", body: { "detection.min_score": 0.5 } }]));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Save" })).toBeNull());
});

test("a field keeps the focus while a fault in it comes and goes", async () => {
  show(<Sections seen={seen} schema={SCHEMA} />);
  const user = userEvent.setup();
  const field = screen.getByRole("textbox", { name: "detection.min_score", hidden: true }) as HTMLInputElement;
  const section = field.closest("details") as HTMLDetailsElement;
  await user.clear(field);
  expect(section.open).toBe(true);
  await user.type(field, "0.5");
  expect(section.open).toBe(true);
  expect(document.activeElement).toBe(field);
});

test.each(["Discard", "Leave detection.min_score as it was"])("what was typed goes with “%s”", async (name) => {
  show(<Sections seen={seen} schema={SCHEMA} />);
  const user = userEvent.setup();
  const field = () => screen.getByRole("textbox", { name: "detection.min_score", hidden: true }) as HTMLInputElement;
  await user.clear(field());
  await user.type(field(), "9");
  await user.click(screen.getByRole("button", { name, hidden: true }));
  expect(field().value).toBe("0.7");
  expect(screen.queryByText("At most 1.")).toBeNull();
});

/** A service whose settings somebody else may change: `state` is their ETag, `matched` what was sent to be matched. */
function shared() {
  const service = { state: '"a"', matched: [] as (string | null)[] };
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "PATCH") {
      service.matched.push(request.headers.get("if-match"));
      if (service.matched.at(-1) !== service.state) return Response.json({ detail: "the settings were changed meanwhile" }, { status: 412 });
      service.state = `"after ${service.state.slice(1, -1)}"`;
    }
    return Response.json(TOLD, { headers: { etag: service.state } });
  });
  return service;
}

test("whoever changes settings that somebody else changed since editing began is told once, and may then go on", async () => {
  const service = shared();
  const queries = show(<Live />);
  const user = userEvent.setup();
  await user.type(await screen.findByRole("textbox", { name: "detection.min_score", hidden: true }), "5");
  service.state = '"theirs"';
  await queries.invalidateQueries({ queryKey: ["settings"] });
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByRole("alert")).textContent).toContain("changed meanwhile");
  expect(service.matched).toEqual(['"a"']);
  await waitFor(() => expect(screen.getByRole("button", { name: "Save" }).hasAttribute("data-disabled")).toBe(false));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved. It takes effect with the next restart.");
  expect(service.matched).toEqual(['"a"', '"theirs"']);
});

test("nobody is overtaken by what he saved himself meanwhile", async () => {
  const service = shared();
  service.state = '"mine"';
  function Two() {
    const { data } = useSettings();
    const other = useChange(data ?? seen);
    return data ? (
      <>
        <button type="button" onClick={() => other.mutate({ "cameras.door.enabled": false })}>
          off
        </button>
        <Sections seen={data} schema={SCHEMA} />
      </>
    ) : null;
  }
  show(<Two />);
  const user = userEvent.setup();
  await user.type(await screen.findByRole("textbox", { name: "detection.min_score", hidden: true }), "5");
  await user.click(screen.getByText("off"));
  await waitFor(() => expect(service.state).toBe('"after mine"'));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved. It takes effect with the next restart.");
  expect(service.matched).toEqual(['"mine"', '"after mine"']);
});

test("what the service finds wrong stands beside what it is about, and nothing that was typed is lost", async () => {
  serve(() => ({ status: 422, body: { detail: "nothing was changed", faults: [{ where: "detection.min_score", what: "no such thing" }] } }));
  show(<Sections seen={seen} schema={SCHEMA} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "detection.min_score: back to the default, 0.6", hidden: true }));
  const field = screen.getByRole("textbox", { name: "detection.min_score", hidden: true }) as HTMLInputElement;
  expect(field.value).toBe("0.6");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByText("no such thing")).closest(".setting")?.textContent).toContain("detection.min_score");
  expect(screen.getByText("1 change not saved yet")).toBeTruthy();
});

test("what is settled elsewhere is shown, with the reason, and not to be typed", () => {
  show(<Sections seen={seen} schema={SCHEMA} />);
  expect(screen.queryByRole("textbox", { name: "service.port", hidden: true })).toBeNull();
  expect(screen.getByText("Where mien listens is settled on its machine.")).toBeTruthy();
});

test("a word finds settings, and none that is not there", async () => {
  show(<Sections seen={seen} schema={SCHEMA} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Search settings"), "score");
  expect(screen.getAllByText(/^(Detection|Service)$/).map((at) => at.textContent)).toEqual(["Detection"]);
  await user.type(screen.getByLabelText("Search settings"), "xyz");
  expect(screen.getByText("No such setting")).toBeTruthy();
});

test("a restart is waited for, and then what is in force is shown", async () => {
  let begun = 0;
  const pending = one("detection.min_score", 0.5, { in_force: 0.7, is_pending: true, source: "mien.yaml:3" });
  let looks = -1; // after the restart was asked for
  serve(({ path }) => {
    if (path === "/system/restart") {
      looks = 0;
      return { status: 202, body: { begun } };
    }
    if (looks >= 0 && ++looks > 1) begun = 1;
    return { body: { ...TOLD, begun, items: [begun ? { ...pending, in_force: 0.5, is_pending: false } : pending] } };
  });
  show(<Live />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Restart to apply" }));
  await user.click(screen.getByRole("button", { name: "Restart" }));
  expect(await screen.findByText(/mien is starting again/)).toBeTruthy();
  expect(await screen.findByText("mien has started again.", {}, { timeout: 5000 })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Restart to apply" })).toBeNull();
});

test("settings that mien did not start with are told with the reason, and so is a file that is not in order", () => {
  show(<Restart seen={{ ...seen, refused: "scrfd is for research only", problems: [{ where: "smoothing.window", what: "0 is out of range" }] }} />);
  const notices = [...document.querySelectorAll(".notice.danger")];
  expect(notices.map((at) => at.textContent)).toEqual([expect.stringContaining("scrfd is for research only"), expect.stringContaining("smoothing.window 0 is out of range")]);
});

test("of a camera only what was changed is sent", async () => {
  const asked = serve(() => ({ body: TOLD }));
  const [door] = camerasOf(ITEMS);
  show(<CameraDialog camera={door ?? null} taken={["door"]} seen={seen} schema={SCHEMA} onClose={() => {}} />);
  const user = userEvent.setup();
  await user.click(screen.getByText("Is watched"));
  await user.click(screen.getByRole("button", { name: "detection.min_score: as with the others" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent(asked)[0]?.body).toEqual({ "cameras.door.enabled": false, "cameras.door.detection.min_score": null }));
});

test("a new camera has a name of its own, and its faults stand beside it", async () => {
  const asked = serve(() => ({ status: 422, body: { detail: "nothing was changed", faults: [{ where: 'cameras."a.b".source', what: "is no address" }] } }));
  show(<CameraDialog camera={null} taken={["door"]} seen={seen} schema={SCHEMA} onClose={() => {}} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Name"), "door");
  expect(screen.getByText("There is a camera of that name.")).toBeTruthy();
  await user.clear(screen.getByLabelText("Name"));
  await user.type(screen.getByLabelText("Name"), "a.b");
  await user.type(screen.getByLabelText("Where its pictures come from"), "rtsp://cam");
  await user.click(screen.getByRole("button", { name: "Add it" }));
  await waitFor(() => expect(sent(asked)[0]?.body).toEqual({ 'cameras."a.b".source': "rtsp://cam" }));
  expect(await screen.findByText("Is no address")).toBeTruthy();
});

test("cameras are what their settings make them", () => {
  const gone = ITEMS.slice(3, 7).map((one) => ({ ...one, value: null, is_pending: true }));
  const added = ITEMS.slice(3, 7).map((one) => ({ ...one, in_force: null, is_pending: true }));
  expect([ITEMS, gone, added, [...ITEMS.slice(3, 4), one("cameras.door.enabled", false)]].map((items) => camerasOf(items)[0]?.state)).toEqual(["watched", "removed", "added", "off"]);
  expect(camerasOf(gone)[0]?.source).toBe("rtsp://***@cam/live");
});
