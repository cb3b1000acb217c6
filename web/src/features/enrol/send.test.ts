import { afterEach, expect, test, vi } from "vitest";
import type { Enrolled } from "@/shared/api/types";
import { Enrolment, type Subject } from "./send";

afterEach(() => vi.unstubAllGlobals());

const ADA: Subject = { person: null, name: " Ada ", consent: { scopes: ["identify", "expression", "keep"], version: "2", evidence: "a form" } };
const PICTURES = Array.from({ length: 120 }, (_, at) => ({ name: `${at}.jpg`, picture: new Blob(["x"]) }));
const answer = (accepted: number, etag = "e"): Enrolled => ({ person_id: "person-0001", etag, is_new: true, is_dry_run: false, is_declared: false, accepted, skipped: 0, refused: 0, pictures: [] });

interface Asked {
  path: string;
  key: string | null;
  seen: string | null;
  name: unknown;
  pictures: number;
}

/** Answers as told by its number; `null` gets lost on its way back. */
function serve(...answers: ([number, object] | null)[]): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const form = await request.formData();
    all.push({ path: new URL(request.url).pathname.replace("/api/v1", ""), key: request.headers.get("Idempotency-Key"), seen: request.headers.get("If-Match"), name: form.get("name"), pictures: form.getAll("pictures").length });
    const told = answers[all.length - 1];
    if (!told) throw new TypeError("failed to fetch");
    return new Response(JSON.stringify(told[1]), { status: told[0], headers: { "content-type": "application/json" } });
  });
  return all;
}

test("where the first answer is lost the same is asked again under the same key", async () => {
  const asked = serve(null, [201, answer(3)]);
  const enrolment = new Enrolment();
  await expect(enrolment.send(ADA, PICTURES.slice(0, 3))).rejects.toThrow("mien does not answer");
  expect((await enrolment.send(ADA, PICTURES.slice(0, 3))).accepted).toBe(3);
  expect(asked).toMatchObject([{ path: "/people", name: "Ada", pictures: 3 }, { path: "/people", name: "Ada", pictures: 3 }]);
  expect(asked[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  expect(asked[1]?.key).toBe(asked[0]?.key);
});

test("where a later part fails it goes on from there, to the same person", async () => {
  const asked = serve([201, answer(50)], [503, {}], [200, answer(50)], [200, answer(20)]);
  const enrolment = new Enrolment();
  const done: number[] = [];
  await expect(enrolment.send(ADA, PICTURES)).rejects.toThrow();
  expect(await enrolment.send(ADA, PICTURES, (count) => done.push(count))).toMatchObject({ accepted: 120, person_id: "person-0001" });
  expect(asked.map((one) => [one.path, one.pictures])).toEqual([["/people", 50], ...[50, 50, 20].map((many) => ["/people/person-0001/pictures", many])]);
  expect(asked[2]?.key).toBe(asked[1]?.key);
  expect(new Set(asked.map((one) => one.key)).size).toBe(3);
  expect(done).toEqual([50, 100, 120]);
});

test("more pictures of whoever was just enrolled are theirs, and others under another name", async () => {
  const asked = serve([201, answer(1)], [200, answer(1)], [201, { ...answer(1), person_id: "person-0002" }]);
  const enrolment = new Enrolment();
  await enrolment.send(ADA, PICTURES.slice(0, 1));
  await enrolment.send(ADA, PICTURES.slice(0, 1));
  await enrolment.send({ ...ADA, name: "Bo" }, PICTURES.slice(0, 1));
  expect(asked.map((one) => one.path)).toEqual(["/people", "/people/person-0001/pictures", "/people"]);
  expect(new Set(asked.map((one) => one.key)).size).toBe(3);
});

test("a later part that is refused as a whole keeps the others from nothing", async () => {
  serve([201, answer(50)], [422, { detail: "no picture was taken in: 50.jpg: no face" }], [200, answer(20)]);
  expect(await new Enrolment().send(ADA, PICTURES)).toMatchObject({ accepted: 70, refused: 50 });
});

test("each part is bound to the person as they were seen, or as the part before left them", async () => {
  const asked = serve([200, answer(50, "e2")], [503, {}], [200, answer(50, "e3")], [200, answer(20, "e4")]);
  const enrolment = new Enrolment();
  const known = { ...ADA, person: { person_id: "person-0004", etag: "e1" } as Subject["person"] };
  await expect(enrolment.send(known, PICTURES)).rejects.toThrow();
  expect(await enrolment.send(known, PICTURES)).toMatchObject({ etag: "e4" });
  expect(asked.map((one) => one.seen)).toEqual(["e1", "e2", "e2", "e3"]);
});

test("whoever is looked at anew after somebody else changed them is bound to that", async () => {
  const asked = serve([200, answer(50, "e2")], [412, { detail: "changed" }], [200, answer(50, "e7")], [200, answer(20, "e8")]);
  const enrolment = new Enrolment();
  const as = (etag: string) => ({ ...ADA, person: { person_id: "person-0004", etag } as Subject["person"] });
  await expect(enrolment.send(as("e1"), PICTURES)).rejects.toThrow("Changed.");
  await enrolment.send(as("e6"), PICTURES);
  expect(asked.map((one) => one.seen)).toEqual(["e1", "e2", "e6", "e7"]);
});

test("whoever is made is bound from the second part on", async () => {
  const asked = serve([201, answer(50, "e1")], [200, answer(50, "e2")], [200, answer(20, "e3")]);
  await new Enrolment().send(ADA, PICTURES);
  expect(asked.map((one) => one.seen)).toEqual([null, "e1", "e2"]);
});
