import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { serve, show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import EnrolPage from "./EnrolPage";

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

const ANN = { person_id: "person-0001", name: "Ann", kind: "enrolled", standing: "active", best_picture: null, etag: "1" };
const ENROLLED = { person_id: "person-0001", etag: "2", is_new: false, is_dry_run: false, is_declared: true, accepted: 10, skipped: 0, refused: 0, pictures: [] };
let etag = "1";

/** Somebody who sits down, and what is said of them first. */
async function sitDown() {
  const before = TestSocket.all.length;
  await userEvent.click(await screen.findByRole("button", { name: "Start the camera" }));
  await vi.waitFor(() => expect(TestSocket.all).toHaveLength(before + 1));
  TestSocket.last.open();
  return JSON.parse(String(TestSocket.last.sent[0])) as object;
}

async function begin() {
  etag = "1";
  useTestSockets();
  const stream = { getTracks: () => [{ stop: vi.fn(), addEventListener: vi.fn() }], getVideoTracks: () => [{ stop: vi.fn(), addEventListener: vi.fn() }] };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async () => stream }, configurable: true });
  serve(({ path }) => {
    if (path === "/signup") return { body: { mode: "off", face_login: false, consent_version: "3", consent_text: "We know you.", scopes: [], snapshots: 10 } };
    return { body: path === "/people/person-0001" ? { ...ANN, etag } : { items: [ANN], next: null } };
  });
  show(<EnrolPage />);
}

async function agree() {
  await userEvent.click(screen.getByText("Recognise them"));
  await userEvent.click(screen.getByRole("button", { name: "Ann agrees" }));
}

test("whoever is known sits down as they are when they agree, and once more as they are then", async () => {
  await begin();
  await userEvent.click(screen.getByRole("button", { name: "More pictures of somebody who is enrolled" }));
  await userEvent.type(screen.getByRole("combobox"), "An");
  await userEvent.click(await screen.findByRole("option", { name: /Ann/ }));
  await userEvent.click(screen.getByRole("button", { name: "Next" }));
  etag = "5";
  await agree();
  expect(await sitDown()).toMatchObject({ person_id: "person-0001", seen: { "person-0001": "5" } });
  TestSocket.last.hear({ type: "enrolment", enrolled: ENROLLED, detail: "" });
  etag = "6";
  await userEvent.click(await screen.findByRole("button", { name: "More pictures" }));
  expect(await sitDown()).toMatchObject({ person_id: "person-0001", seen: { "person-0001": "6" } });
});

test("more pictures of whoever was new are theirs", async () => {
  await begin();
  await userEvent.type(screen.getByLabelText("Name"), "Ann");
  await userEvent.click(screen.getByRole("button", { name: "Next" }));
  await agree();
  expect(await sitDown()).toMatchObject({ name: "Ann" });
  TestSocket.last.hear({ type: "enrolment", enrolled: { ...ENROLLED, is_new: true }, detail: "" });
  await userEvent.click(await screen.findByRole("button", { name: "More pictures" }));
  expect(await sitDown()).toMatchObject({ person_id: "person-0001", seen: { "person-0001": "1" } });
});
