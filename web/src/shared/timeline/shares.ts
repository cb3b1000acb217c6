/** Timelines as numbers: periods, columns, and where nothing can be said. */
import type { Line, Span, Timelines } from "@/shared/api/types";
import { dayUtc, moment } from "@/shared/ui/words";

export const LENGTH_MS: Record<Span, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
export const LABELS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];

export type Kind = "empty" | "insufficient" | "said";

/** One column of a timeline: nobody was looked at, too little to say anything, or what was said. */
export interface Column {
  at: number;
  kind: Kind;
  looks: number;
  shares: readonly (readonly [label: string, share: number])[];
  unsure: number;
  valence: number | null;
  arousal: number | null;
}

export function columnOf(point: Line["points"][number]): Column {
  const { distribution } = point;
  return {
    at: Date.parse(point.at),
    kind: distribution ? "said" : point.looks ? "insufficient" : "empty",
    looks: point.looks,
    shares: distribution ? Object.entries(distribution.shares) : [],
    unsure: distribution?.unsure ?? 0,
    valence: distribution?.valence ?? null,
    arousal: distribution?.arousal ?? null,
  };
}

/** Every span of a period, in order; spans in which nobody was looked at are empty. */
export function columns(series: Pick<Line, "points">, span: Span, begin: number, end: number): Column[] {
  const found = new Map(series.points.map((point) => [Date.parse(point.at), columnOf(point)]));
  const all: Column[] = [];
  for (let at = begin; at < end; at += LENGTH_MS[span])
    all.push(found.get(at) ?? { at, kind: "empty", looks: 0, shares: [], unsure: 0, valence: null, arousal: null });
  return all;
}

type Compared = NonNullable<Timelines["comparison"]>;

/** By how much the second of two exceeds the first, in every span: nothing is said where there is too little of either. */
export function apartColumns([first, second]: readonly [Line, Line], points: Compared["points"], span: Span, begin: number, end: number): Column[] {
  const apart = new Map(points.map((one) => [Date.parse(one.at), one]));
  const others = columns(second, span, begin, end);
  return columns(first, span, begin, end).map((one, place) => {
    const [looks, of] = [one.looks + (others[place]?.looks ?? 0), apart.get(one.at)];
    const kind = of ? "said" : one.looks && others[place]?.looks ? "insufficient" : "empty";
    return { at: one.at, kind, looks, shares: Object.entries(of?.probabilities ?? {}), unsure: 0, valence: of?.valence ?? null, arousal: of?.arousal ?? null };
  });
}

/** By how much a likelihood of 1 is more or less, in points of a hundred, with its sign. */
export function signed(by: number): string {
  return `${by < 0 ? "−" : "+"}${Math.round(Math.abs(by) * 100)}`;
}

const signedPoint = (by: number) => `${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(2)}`;

/** What is said of valence and arousal, where anything is, with their signs. */
export function planeApart({ valence, arousal }: Pick<Column, "valence" | "arousal">): string[] {
  return [...(valence === null ? [] : [`valence ${signedPoint(valence)}`]), ...(arousal === null ? [] : [`arousal ${signedPoint(arousal)}`])];
}

/** A difference in words, the largest first. */
export function apartTold(column: Column): string {
  if (column.kind === "empty") return "not both seen";
  if (column.kind === "insufficient") return "insufficient evidence of one of them";
  const most = [...column.shares].filter(([, by]) => Math.abs(by) >= 0.02).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  return [...(most.length ? most.map(([label, by]) => `${label} ${signed(by)} points`) : ["alike"]), ...planeApart(column)].join(", ");
}

/** Up to where a scale has to go to hold all differences, on either side, in tenths. */
export function reachOf(all: readonly Column[]): number {
  const highest = Math.max(0, ...all.map(({ shares }) => shares.reduce((sum, [, by]) => sum + Math.max(0, by), 0)));
  return Math.max(0.2, Math.ceil(highest * 10 - 1e-9) / 10);
}

const HOURS_BY_MINUTE = 6;
const DAYS_BY_HOUR = 8;

/** Which span shows a period best: some dozens of columns, a few hundred at most. */
export function spanFor(begin: number, end: number): Span {
  const hours = (end - begin) / LENGTH_MS.hour;
  return hours <= HOURS_BY_MINUTE ? "minute" : hours <= 24 * DAYS_BY_HOUR ? "hour" : "day";
}

/** The same in words. */
export const STEPS_TOLD = `Up to ${HOURS_BY_MINUTE} hours are shown minute by minute, which is the finest there is; up to ${DAYS_BY_HOUR} days hour by hour; longer times day by day.`;

/** When a column is and what it says. Days are days in UTC, and said to be. */
export function columnAt(column: Column, span: Span, tell = columnTold): string {
  const at = new Date(column.at).toISOString();
  return `${span === "day" ? dayUtc(at) : moment(at)}: ${tell(column)}`;
}

/** A column in words, for those who do not see it. */
export function columnTold(column: Column): string {
  if (column.kind === "empty") return "not seen";
  if (column.kind === "insufficient") return `insufficient evidence, ${column.looks} looks`;
  const told = [...column.shares].sort((a, b) => b[1] - a[1]).filter(([, share]) => share >= 0.05);
  const said = told.map(([label, share]) => `${label} ${Math.round(share * 100)} %`);
  if (column.unsure >= 0.05) said.push(`unsure ${Math.round(column.unsure * 100)} %`);
  return `${said.join(", ")} (${column.looks} looks)`;
}
