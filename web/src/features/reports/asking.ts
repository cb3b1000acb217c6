/** What can be written out, in which formats, and how the service is asked for it. */
import type { Period } from "@/shared/timeline/queries";

export const MOST_PEOPLE = 50;
export const MOST_DAYS = 366;

export const FORMATS = [
  { id: "csv", label: "CSV, for spreadsheets" },
  { id: "jsonl", label: "JSON lines, for programs" },
  { id: "parquet", label: "Parquet, for analysis" },
] as const;

export const WHATS = [
  {
    id: "report",
    label: "Report",
    about:
      "A page to look at and to print: apparent expressions over time with how many readings they rest on, valence and arousal, visits, and kept pictures of those who agree to that. It needs no network and opens in any browser.",
    everybody: "everybody who is enrolled",
  },
  {
    id: "readings",
    label: "Readings",
    about: "A table with a row for every face that was kept of every frame: where it was, whose it is, its apparent expression, its quality.",
    everybody: "every face, those of strangers too",
  },
  {
    id: "emotion_results",
    label: "Expressions alone",
    about: "A table of the readings that hold an apparent expression, in the columns of emotion_results.csv: moment, person, expression, and how likely each of seven is.",
    everybody: "every face, those of strangers too",
  },
  {
    id: "events",
    label: "Events",
    about: "A table of what happened before the cameras: who came into view, whose expression appears to have changed, how the cameras fared; the newest first.",
    everybody: "everybody, strangers and cameras too",
  },
] as const;

export type What = (typeof WHATS)[number]["id"];

export interface Choice {
  what: What;
  format: string;
  camera: string;
  people: readonly { person_id: string }[];
  period: Period;
}

/** Where a file is had from. */
export function addressOf({ what, format, camera, people, period: { begin, end } }: Choice): string {
  const query = new URLSearchParams([
    ["format", what === "report" ? "html" : format],
    ["from", new Date(begin).toISOString()],
    ["to", new Date(end).toISOString()],
    ...people.map((one) => ["person", one.person_id]),
    ...(camera ? [["camera", camera]] : []),
  ]);
  return `/exports/${what}?${query}`;
}
