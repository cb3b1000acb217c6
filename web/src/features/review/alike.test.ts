import { expect, test } from "vitest";
import type { Stranger } from "@/shared/api/types";
import { waiting } from "./alike";

const like = (person_id: string, similarity: number) => ({ person_id, name: "", similarity, best_picture: null });
const STRANGER = { person_id: "unknown-0001", people: [like("person-0001", 0.3), like("person-0002", 0.2), like("person-0003", 0.1)], strangers: [like("unknown-0002", 0.3)] } as unknown as Stranger;

test("whoever resembles by chance is not suggested", () => {
  const [one] = waiting({ items: [STRANGER], named_from: 0.28, one_from: 0.43 });
  expect(one?.people.map(({ person_id, isVery }) => [person_id, isVery])).toEqual([["person-0001", true], ["person-0002", false]]);
  expect(one?.strangers.map(({ isVery }) => isVery)).toEqual([false]);
});

test("where nobody is enrolled nobody is suggested", () => {
  expect(waiting({ items: [STRANGER], named_from: null, one_from: 0.43 })[0]?.people).toEqual([]);
});
