/** How two people compare: in a sentence, and over time wherever there is enough of both. */
import { useMemo } from "react";
import type { Apart, PersonLine, Timelines } from "@/shared/api/types";
import { called } from "@/shared/people/PersonPicker";
import { Chart } from "@/shared/timeline/Chart";
import { apartColumns, apartTold, type Column, planeApart, reachOf, signed } from "@/shared/timeline/shares";
import { count } from "@/shared/ui/words";

const POINTS_TOLD =
  "The difference of the average likelihood of each expression, in points of a hundred. The bars of people are shares of looks in which an expression was the one that was told, however narrowly; so the two need not agree.";

interface DifferenceProps {
  told: Timelines;
  comparison: NonNullable<Timelines["comparison"]>;
  first: PersonLine;
  second: PersonLine;
}

export function Difference({ told, comparison, first, second }: DifferenceProps) {
  const [one, other] = [called(first), called(second)];
  const { whole, points } = comparison;
  const all = useMemo(() => apartColumns([first, second], points, told.span, Date.parse(told.from), Date.parse(told.to)), [first, second, points, told]);
  const plane = Math.max(0, ...all.map(({ valence, arousal }) => Math.max(Math.abs(valence ?? 0), Math.abs(arousal ?? 0))));
  return (
    <section className="series" aria-label="Compared">
      <h2>Compared</h2>
      <p className="muted small">{POINTS_TOLD}</p>
      {whole ? <Whole apart={whole} one={one} other={other} /> : <p className="muted">Insufficient evidence of one of them to compare them as a whole.</p>}
      {points.length > 0 && (
        <>
          <p className="muted small">
            Above the line is what {other} appeared to show more than {one}, below it what less.
          </p>
          <Chart columns={all} span={told.span} label={`Apparent expressions of ${other} beside those of ${one}`} height={150} reach={reachOf(all)} tell={apartTold} />
        </>
      )}
      {plane > 0 && (
        <>
          <p className="muted small">
            By how much the apparent valence (line) and arousal (dashes) of {other} exceed those of {one}.
          </p>
          <Chart columns={all} span={told.span} label={`Apparent valence and arousal of ${other} beside those of ${one}`} height={120} reach={Math.ceil(plane * 10 - 1e-9) / 10} hasLines tell={planeTold} />
        </>
      )}
    </section>
  );
}

function planeTold(column: Column): string {
  if (column.kind !== "said") return apartTold(column);
  return planeApart(column).join(", ") || "insufficient evidence";
}

function Whole({ apart, one, other }: { apart: Apart; one: string; other: string }) {
  const most = Object.entries(apart.probabilities)
    .filter(([, by]) => Math.abs(by) >= 0.005)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 3)
    .map(([label, by]) => `${label} ${signed(by)} points`);
  return (
    <p>
      {other} differs from {one} by {count(Math.round(apart.distance * 100), "point")} altogether: {[...most, ...planeApart(apart)].join(", ")}.
    </p>
  );
}
