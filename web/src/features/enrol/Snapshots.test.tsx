import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Enrolled } from "@/shared/api/types";
import { show } from "@/test-app";
import { TestSocket, useTestSockets } from "@/test-sockets";
import type { Subject } from "./send";
import { Snapshots } from "./Snapshots";

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

const ADA: Subject = { person: null, name: " Ada ", consent: { scopes: ["identify"], version: "3a", evidence: "form 17" } };

/** Sit down before the camera; what is said first, and who was taken in. */
async function sits(subject: Subject, vouches: boolean) {
  useTestSockets();
  const track = { stop: vi.fn(), addEventListener: vi.fn() };
  const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async () => stream }, configurable: true });
  const taken: Enrolled[] = [];
  show(<Snapshots subject={subject} onDone={(one) => taken.push(one)} />);
  if (vouches) await userEvent.click(screen.getByText("The person sits before me"));
  await userEvent.click(screen.getByRole("button", { name: "Start the camera" }));
  await vi.waitFor(() => expect(TestSocket.all).toHaveLength(1));
  TestSocket.last.open();
  return { said: JSON.parse(String(TestSocket.last.sent[0])) as object, taken, track };
}

test("whoever is new is challenged unless somebody vouches, and whoever was taken in is told", async () => {
  const { said, taken, track } = await sits(ADA, false);
  expect(said).toEqual({ type: "begin", name: "Ada", consent: ADA.consent, challenge: true });
  expect(screen.queryByText("The person sits before me")).toBeNull();
  TestSocket.last.hear({ type: "enrolment", enrolled: { person_id: "person-0001", accepted: 10 }, detail: "" });
  await vi.waitFor(() => expect(taken).toMatchObject([{ accepted: 10 }]));
  expect(track.stop).toHaveBeenCalled();
});

test("more pictures are of whoever was chosen, and a refusal says why and lets one try again", async () => {
  const { said, taken } = await sits({ ...ADA, person: { person_id: "person-0004", etag: "e" } as Subject["person"] }, true);
  expect(said).toEqual({ type: "begin", person_id: "person-0004", seen: { "person-0004": "e" }, consent: ADA.consent, challenge: false });
  TestSocket.last.hear({ type: "enrolment", enrolled: null, detail: "your face was not seen live" });
  expect((await screen.findByRole("alert")).textContent).toBe("Your face was not seen live");
  expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  expect(taken).toEqual([]);
});

test.each([
  [false, /choose “The person sits before me”/],
  [true, /^Without this camera pictures are taken from “Files”/],
])("where a model cannot be had, other ways are told (vouched for: %s)", async (vouches, ways) => {
  await sits(ADA, vouches);
  TestSocket.last.hear({ type: "enrolment", enrolled: null, detail: "the model cannot be fetched", lacks_model: true });
  expect((await screen.findByRole("note")).textContent).toMatch(ways);
});
