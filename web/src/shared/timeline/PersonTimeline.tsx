/** Which expression one person appeared to show, over time and altogether. */
import { Link } from "@tanstack/react-router";
import { ChartLine } from "lucide-react";
import { useMemo } from "react";
import { ExpressionBars, Plane } from "@/shared/face/FaceCard";
import { Select } from "@/shared/ui/controls";
import { Empty, Loaded } from "@/shared/ui/page";
import { Chart } from "./Chart";
import { Legend } from "./Legend";
import { PRESETS, upToNow, useTimelines } from "./presets";
import { columns, STEPS_TOLD } from "./shares";

export function PersonTimeline({ personId }: { personId: string }) {
  const { period, choose, found } = useTimelines([personId]);
  const all = useMemo(() => {
    const told = found.data;
    const own = told?.people[0];
    return told && own ? columns(own, told.span, Date.parse(told.from), Date.parse(told.to)) : [];
  }, [found.data]);
  return (
    <div className="card stack">
      <div className="row apart">
        <Select label="Period" hidesLabel options={PRESETS} value={period?.preset ?? null} onChange={(id) => choose(upToNow(id))} />
        <Link to="/timelines" search={{ person: personId } as never} className="button">
          Compare…
        </Link>
      </div>
      <p className="muted small">{STEPS_TOLD}</p>
      <Loaded of={found}>
        {({ people, span }) => {
          const own = people[0];
          if (!own?.points.length)
            return (
              <Empty icon={ChartLine} title="Nothing in this time">
                {own?.why_not || "As soon as a camera sees this person, and they consent to it, it is added up here. Or choose a longer time; Compare takes any dates."}
              </Empty>
            );
          const { distribution } = own.whole;
          return (
            <>
              <Chart columns={all} span={span} label={`Apparent expression of ${own.name || own.person_id}`} />
              <Legend />
              <h2>Altogether</h2>
              {distribution ? (
                <div className="face-reading">
                  <div>
                    <ExpressionBars labels={Object.keys(distribution.shares)} probabilities={Object.values(distribution.shares)} />
                  </div>
                  {distribution.valence !== null && distribution.arousal !== null && <Plane valence={distribution.valence} arousal={distribution.arousal} />}
                </div>
              ) : (
                <p className="muted">Insufficient evidence: {own.whole.looks} looks are too few to say anything.</p>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
