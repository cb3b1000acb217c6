/** Changes of people: done, told in a toast that takes them back, and everything that shows people read anew. */
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, Problem, told } from "@/shared/api/client";
import type { Done } from "@/shared/api/types";
import { say, sayFailure } from "@/shared/ui/toasts";
import { capital } from "@/shared/ui/words";

const SHOW_PEOPLE = new Set(["people", "person", "review", "changes", "timelines", "events", "cameras"]);

/** A person, by what stands for them as they were looked at. */
export interface Seen {
  person_id: string;
  etag: string;
}

/** What was seen of people: the service does nothing to them where somebody changed one since, and says so. */
export const seenOf = (...people: readonly Seen[]): Record<string, string> => Object.fromEntries(people.map((one) => [one.person_id, one.etag]));

export function renewPeople(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ predicate: (query) => SHOW_PEOPLE.has(String(query.queryKey[0])) });
}

/** Tell what failed; where that was for want of what somebody else changed, it is read anew. */
export function sayOutdated(queries: QueryClient, error: Error): void {
  sayFailure(error);
  if (error instanceof Problem && [404, 409, 412].includes(error.status)) void renewPeople(queries);
}

/** Counts by kind as “3 pictures, 1 template”; what there is none of is left out. */
export function inWords(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts).filter(([, amount]) => amount > 0);
  return told.map(([kind, amount]) => `${amount.toLocaleString()} ${kind.replaceAll("_", " ")}`).join(", ") || "nothing";
}

/** Take a change back, and tell what came of it; raises what the service says against it. */
export async function takeBack(changeId: number): Promise<void> {
  const done = await told(api.POST("/api/v1/changes/undo", { body: { change_id: changeId } }));
  say("Taken back.");
  done.warnings.forEach((one) => say(capital(one)));
}

/** Do a change. `after` runs when it is done, before what is shown is read anew. */
export function useChange(after?: (done: Done) => void) {
  const queries = useQueryClient();
  const undo = async (changeId: number) => {
    try {
      await takeBack(changeId);
    } catch (error) {
      sayFailure(error);
    }
    await renewPeople(queries);
  };
  return useMutation({
    mutationFn: (make: () => Promise<Done>) => make(),
    onSuccess: async (done) => {
      const warnings = done.warnings.length ? ` (${done.warnings.join("; ")})` : "";
      const number = done.change_id;
      say(capital(done.summary) + warnings, number === null ? {} : { action: { label: "Undo", run: () => void undo(number) } });
      after?.(done);
      await renewPeople(queries);
    },
    onError: (error) => sayOutdated(queries, error),
  });
}
