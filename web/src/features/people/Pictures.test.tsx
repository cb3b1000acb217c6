import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { PersonPage, PictureCard } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import { Consents } from "./Consents";
import { oddOnes, Pictures, unlike } from "./Pictures";


afterEach(() => vi.unstubAllGlobals());

const picture = (number: number, origin = "") => ({ picture_id: number, origin }) as PictureCard;
const groups = (...all: number[][]) => all.map((picture_ids) => ({ picture_ids }));

test("unlike the others is what does not show the face that most pictures show", () => {
  expect(oddOnes(groups([1, 2, 4], [3], [5]))).toEqual([3, 5]);
  expect(oddOnes(groups([1, 2, 3]))).toEqual([]);
  expect(oddOnes([])).toEqual([]);
});

test("where no face is on most pictures nothing tells which are wrong", () => {
  expect(oddOnes(groups([1], [2]))).toEqual([]);
  expect(oddOnes(groups([1, 2], [3], [4]))).toEqual([]);
});

test("a single one is named, several are counted", () => {
  expect(unlike([picture(3, "ann-3.jpg")])).toMatch(/^The face on ann-3.jpg is unlike the others. Look whether it is/);
  expect(unlike([picture(3)])).toMatch(/^The face on 1 picture is/);
  expect(unlike([picture(3, "a"), picture(5, "b")])).toMatch(/^The faces on 2 pictures are unlike the others. Look whether they are/);
});

const ANN = { person_id: "person-0001", name: "Ann", kind: "enrolled", standing: "active", etag: "ann", templates: 3, consents: ["identify"] } as unknown as PersonPage;
const card = (picture_id: number, is_vouched = false) => ({ picture_id, origin: `${picture_id}.jpg`, state: "active", quality: 0.9, is_stored: false, is_vouched, created_at: "2026-01-02T00:00:00Z" });
const SEEN = { person_id: "person-0001", seen: { "person-0001": "ann" } };

function opened(cards = [card(1), card(2), card(3)]) {
  const asked = serve(({ method, path }) => {
    if (path.endsWith("/groups")) return { body: { groups: groups([1, 2], [3]) } };
    if (path.includes("/pictures") && method === "GET") return { body: { items: cards, next: null } };
    if (path.startsWith("/people?")) return { body: { items: [{ person_id: "person-0002", name: "Bob", best_picture: null, etag: "bob" }], next: null } };
    return { status: 412, body: { detail: "'Ann' was changed by somebody else meanwhile" } };
  });
  show(<Pictures person={ANN} mayOrder />);
  return () => asked.filter(({ method }) => method === "POST").map(({ path, body }) => [path, body]);
}

test("pictures are put away as those of whom they were seen as, and who was changed meanwhile is told of", async () => {
  const sent = opened();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Select it" }));
  await user.click(screen.getByRole("button", { name: "Remove" }));
  await screen.findByText(/changed by somebody else/);
  await user.click(screen.getByRole("button", { name: "Move…" }));
  await user.type(await screen.findByLabelText("They show"), "Bo");
  await user.click(await screen.findByRole("option", { name: /Bob/ }));
  await user.click(screen.getByRole("button", { name: "Move" }));
  await vi.waitFor(() =>
    expect(sent()).toEqual([
      ["/pictures/state", { ...SEEN, picture_ids: [3], state: "binned" }],
      ["/pictures/move", { ...SEEN, picture_ids: [3], to: "person-0002", seen: { ...SEEN.seen, "person-0002": "bob" } }],
    ]),
  );
});

test("a picture that is unlike the others is said to be right, and not doubted any more", async () => {
  const sent = opened();
  await userEvent.click(await screen.findByRole("button", { name: "It is right" }));
  await vi.waitFor(() => expect(sent()).toEqual([["/pictures/keep", { ...SEEN, picture_ids: [3] }]]));
});

test("what somebody answers for is not said to be unlike the others", async () => {
  opened([card(1), card(2), card(3, true)]);
  await screen.findByText("Select pictures to put them in order");
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.queryByText(/unlike the others/)).toBeNull();
});

test("consent is taken back of whom it was seen of", async () => {
  const asked = serve(({ method, path }) => {
    if (method === "GET") return { body: { record: [] } };
    if (path.includes("dry_run=true")) return { body: { gone: { templates: 1, pictures: 0, readings: 0 }, warnings: [] } };
    return { status: 412, body: { detail: "'Ann' was changed by somebody else meanwhile" } };
  });
  show(<Consents person={ANN} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: /^Take back: / }));
  await screen.findByText(/1 templates/);
  await user.click(screen.getByRole("button", { name: "Take back" }));
  await screen.findByText(/changed by somebody else/);
  expect(asked.filter(({ method }) => method === "DELETE").map(({ ifMatch }) => ifMatch)).toEqual(["ann", "ann"]);
});
