import { expect, test } from "vitest";
import { apartColumns, apartTold, columnAt, columns, columnTold, reachOf, spanFor } from "./shares";

const HOUR = 3_600_000;
const BEGIN = Date.parse("2026-03-01T08:00:00Z");
const at = (hours: number) => new Date(BEGIN + hours * HOUR).toISOString();
const distribution = { probabilities: {}, shares: { neutral: 0.3, happiness: 0.6 }, unsure: 0.1, valence: 0.2, arousal: null };
const points = [
  { at: at(0), looks: 40, people: 1, is_sufficient: true, distribution },
  { at: at(2), looks: 3, people: 1, is_sufficient: false, distribution: null },
];

test("every span has a column: said, not seen, and too little to say", () => {
  const all = columns({ points }, "hour", BEGIN, BEGIN + 3 * HOUR);
  expect(all.map((one) => one.kind)).toEqual(["said", "empty", "insufficient"]);
});

test("columns are told in words, the likeliest first, and insufficient evidence is never neutral", () => {
  const [said, , little] = columns({ points }, "hour", BEGIN, BEGIN + 3 * HOUR).map(columnTold);
  expect(said).toBe("happiness 60 %, neutral 30 %, unsure 10 % (40 looks)");
  expect(little).toBe("insufficient evidence, 3 looks");
});

test("days are told as the days in UTC that they are, hours as they are here", () => {
  const [column] = columns({ points: [] }, "day", BEGIN, BEGIN + 24 * HOUR);
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" }).format(BEGIN);
  const here = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(BEGIN);
  expect(column && columnAt(column, "day")).toBe(`${day} (UTC): not seen`);
  expect(column && columnAt(column, "hour")).toBe(`${here}: not seen`);
});

test("two are compared where there is enough of both, and nowhere else", () => {
  const seen = (hours: number, looks = 40) => ({ at: at(hours), looks, people: 1, is_sufficient: looks >= 20, distribution: looks >= 20 ? distribution : null });
  const line = (...own: ReturnType<typeof seen>[]) => ({ whole: seen(0), points: own });
  const apart = { at: at(0), probabilities: { neutral: -0.42, happiness: 0.4, fear: 0.01, anger: 0.01 }, unsure: 0, valence: 0.304, arousal: null, distance: 0.42 };
  const all = apartColumns([line(seen(0), seen(1), seen(2, 3)), line(seen(0), seen(2))], [apart], "hour", BEGIN, BEGIN + 3 * HOUR);
  expect(all.map((one) => one.kind)).toEqual(["said", "empty", "insufficient"]);
  expect(all.map(apartTold)).toEqual(["neutral −42 points, happiness +40 points, valence +0.30", "not both seen", "insufficient evidence of one of them"]);
  expect(reachOf(all)).toBe(0.5);
  expect(reachOf([])).toBe(0.2);
});

test("longer periods are told in longer spans", () => {
  expect([5, 24, 24 * 30].map((hours) => spanFor(0, hours * HOUR))).toEqual(["minute", "hour", "day"]);
});
