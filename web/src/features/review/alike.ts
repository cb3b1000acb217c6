/** Whom a stranger looks like enough to be suggested: chance resemblances are no suggestion. */
import type { Resembled, ReviewPage, Stranger } from "@/shared/api/types";

const SOMEWHAT = 0.6;

export interface Suggestion extends Resembled {
  isVery: boolean;
}

export interface Waiting extends Omit<Stranger, "people" | "strangers"> {
  people: Suggestion[];
  strangers: Suggestion[];
}

/** Those who are at least somewhat as similar as whoever gets a name, or is taken for the same stranger. */
export function waiting({ items, named_from, one_from }: Pick<ReviewPage, "items" | "named_from" | "one_from">): Waiting[] {
  const alike = (found: readonly Resembled[], from: number | null | undefined) =>
    from == null ? [] : found.filter((one) => one.similarity >= SOMEWHAT * from).map((one) => ({ ...one, isVery: one.similarity >= from }));
  return items.map((one) => ({ ...one, people: alike(one.people, named_from), strangers: alike(one.strangers, one_from) }));
}
