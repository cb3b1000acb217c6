/** Apparent expressions over time: of people, of all of them as a group, compared, and exported. */
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { ChartLine, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { api, download, told } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import type { Line, PersonCard, Timelines } from "@/shared/api/types";
import { Chosen } from "@/shared/people/Chosen";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Chart } from "@/shared/timeline/Chart";
import { Legend } from "@/shared/timeline/Legend";
import { useTimelines } from "@/shared/timeline/presets";
import { asked as askedFor } from "@/shared/timeline/queries";
import { Range } from "@/shared/timeline/Range";
import { columns, STEPS_TOLD } from "@/shared/timeline/shares";
import { Button } from "@/shared/ui/controls";
import { Badge, Empty, Loaded, Notice, Page } from "@/shared/ui/page";
import { sayFailure } from "@/shared/ui/toasts";
import { percent, sentence } from "@/shared/ui/words";
import { Difference } from "./Difference";
import "./timelines.css";

const MOST = 12;

export default function TimelinesPage() {
  const asked = useSearch({ strict: false }) as { person?: string };
  const [people, setPeople] = useState<{ person_id: string; name: string }[]>(asked.person ? [{ person_id: asked.person, name: "" }] : []);
  const [isFaulty, setFaulty] = useState(false);
  const mayTake = useMay("operator");
  const ids = people.map((one) => one.person_id);
  const { period, choose, found } = useTimelines(ids);
  const names = new Map(found.data?.people.map((one) => [one.person_id, one.name]));
  const add = (one: PersonCard | null) => one && setPeople([...people, one].slice(0, MOST));
  const save = () => {
    const query = new URLSearchParams([...ids.map((id) => ["person", id]), ...Object.entries(period ? askedFor(period) : {})]);
    download(`/timelines/export?${query}`, "timelines.csv").catch(sayFailure);
  };
  return (
    <Page
      title="Timelines"
      about="Which expressions people appeared to show, added up over time. Faces show little of what people feel: read it as what a camera saw."
      tools={
        mayTake && (
          <Button isDisabled={!ids.length || !period || isFaulty} onPress={save}>
            <Download aria-hidden /> Export (CSV)
          </Button>
        )
      }
    >
      <div className="card stack">
        <div className="timeline-choice">
          <PersonPicker key={ids.join()} label="Add somebody" picked={null} onPick={add} without={ids} />
          {ids.length > 0 && period && <Range period={period} onChange={choose} onFault={setFaulty} />}
        </div>
        {ids.length > 0 && <p className="muted small">{STEPS_TOLD}</p>}
        <Chosen label="Compared" people={people} nameOf={(one) => names.get(one.person_id) || called(one)} onChange={setPeople} />
      </div>
      {ids.length ? (
        <Loaded of={found}>{(told) => <Charts told={told} />}</Loaded>
      ) : (
        <Suggested onEverybody={setPeople} />
      )}
    </Page>
  );
}

function Suggested({ onEverybody }: { onEverybody: (people: PersonCard[]) => void }) {
  const everybody = useQuery({
    queryKey: ["people", "timelines"],
    queryFn: () => told(api.GET("/api/v1/people", { params: { query: { kind: "enrolled", limit: MOST } } })),
  });
  const items = everybody.data?.items ?? [];
  return (
    <Empty
      icon={ChartLine}
      title="Whose timeline?"
      action={
        items.length > 0 && (
          <Button look="main" onPress={() => onEverybody(items)}>
            Show {items.length === 1 ? called(items[0] as PersonCard) : `the first ${items.length}`}
          </Button>
        )
      }
    >
      Add one or several people above. Several are shown one below the other, and as a group in which everybody weighs the same.
    </Empty>
  );
}

function Charts({ told }: { told: Timelines }) {
  const { people, group, comparison } = told;
  const [first, second] = people;
  return (
    <div className="card stack">
      {told.why_not && <Notice tone="warning">{told.why_not}</Notice>}
      {told.coarser && <p className="muted small">{sentence(told.coarser)}</p>}
      <Legend />
      <p className="muted small">Bars are shares of looks: how often an expression was the one that was told.</p>
      {people.map((one) => (
        <Series key={one.person_id} line={one} name={called(one)} whyNot={one.why_not} told={told} />
      ))}
      {group && people.length > 1 && <Series line={group} name="All of them as a group" whyNot="" told={told} />}
      {comparison && first && second && <Difference told={told} comparison={comparison} first={first} second={second} />}
    </div>
  );
}

function Series({ line, name, whyNot, told }: { line: Line; name: string; whyNot: string; told: Timelines }) {
  const shown = useMemo(() => columns(line, told.span, Date.parse(told.from), Date.parse(told.to)), [line, told]);
  const { distribution, looks } = line.whole;
  const best = distribution && Object.entries(distribution.shares).sort((a, b) => b[1] - a[1])[0];
  return (
    <section aria-label={name} className="series">
      <div className="row apart">
        <h2>{name}</h2>
        {best ? (
          <span className="row small">
            <Badge>
              mostly {best[0]} ({percent(best[1])})
            </Badge>
            {distribution.valence !== null && <span className="muted number">valence {distribution.valence.toFixed(2)}</span>}
            {distribution.arousal !== null && <span className="muted number">arousal {distribution.arousal.toFixed(2)}</span>}
            <span className="muted number">{looks.toLocaleString()} looks</span>
          </span>
        ) : (
          <Badge tone="warning">{looks ? "insufficient evidence" : "not seen"}</Badge>
        )}
      </div>
      {whyNot ? <p className="muted">{whyNot}</p> : <Chart columns={shown} span={told.span} label={`Apparent expression of ${name}`} height={150} />}
    </section>
  );
}
