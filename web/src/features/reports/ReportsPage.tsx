/** Writes out what is kept of a range of time: a report to look at, or tables to go on with. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, FileText } from "lucide-react";
import { useState } from "react";
import { api, save, told } from "@/shared/api/client";
import type { PersonCard } from "@/shared/api/types";
import { camerasQuery } from "@/shared/live/cameras";
import { Chosen } from "@/shared/people/Chosen";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { upToNow } from "@/shared/timeline/presets";
import { Range } from "@/shared/timeline/Range";
import { Button, Select } from "@/shared/ui/controls";
import { Empty, Loaded, Notice, Page } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { addressOf, FORMATS, MOST_DAYS, MOST_PEOPLE, WHATS, type What } from "./asking";
import "./reports.css";

export default function ReportsPage() {
  const anything = useQuery({
    queryKey: ["people", "reports"],
    queryFn: async () => {
      const [people, events] = await Promise.all([
        told(api.GET("/api/v1/people", { params: { query: { limit: 1 } } })),
        told(api.GET("/api/v1/events", { params: { query: { limit: 1 } } })),
      ]);
      return people.items.length + events.items.length > 0;
    },
  });
  return (
    <Page title="Reports" about="What was read and what happened, as a page to look at or as tables to go on with. What somebody did not agree to is in none of them.">
      <Loaded of={anything}>
        {(isAnything) =>
          isAnything ? (
            <Writing />
          ) : (
            <Empty icon={FileText} title="Nothing to write out yet" action={<Link to="/enrol" className="button main">Enrol somebody</Link>}>
              As soon as somebody is enrolled or comes before a camera, there is something to report.
            </Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

function Writing() {
  const [what, setWhat] = useState<What>("report");
  const [format, setFormat] = useState<string>("csv");
  const [camera, setCamera] = useState("all");
  const [people, setPeople] = useState<PersonCard[]>([]);
  const [period, setPeriod] = useState(() => upToNow("7d"));
  const [isFaulty, setFaulty] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const cameras = useQuery(camerasQuery);
  const { about, everybody } = WHATS.find((one) => one.id === what) ?? WHATS[0];
  const write = () => {
    setBusy(true);
    save(addressOf({ what, format, camera: camera === "all" ? "" : camera, people, period }))
      .then((name) => say(`Your browser saves ${name}, and tells when it is whole.`), sayFailure)
      .finally(() => setBusy(false));
  };
  return (
    <div className="card stack">
      <div className="report-choice">
        <Select label="What" options={WHATS} value={what} onChange={(id) => setWhat(id as What)} />
        {what !== "report" && <Select label="Format" options={FORMATS} value={format} onChange={setFormat} />}
      </div>
      <p className="muted">{about}</p>
      <div className="report-choice">
        <Range period={period} onChange={setPeriod} hasSteps={false} mostDays={MOST_DAYS} onFault={setFaulty} />
        <Select
          label={what === "report" ? "Visits to" : "Camera"}
          options={[{ id: "all", label: "All cameras" }, ...(cameras.data ?? []).map(({ name }) => ({ id: name, label: name }))]}
          value={camera}
          onChange={setCamera}
        />
        {people.length < MOST_PEOPLE && <PersonPicker key={people.length} label="Add somebody" picked={null} onPick={(one) => one && setPeople([...people, one])} without={people.map((one) => one.person_id)} />}
      </div>
      {people.length > 0 ? <Chosen label="Of whom" people={people} nameOf={called} onChange={setPeople} /> : <p className="muted small">As long as nobody is added it is of {everybody}.</p>}
      <Notice>A file that is written lies outside of mien: who takes back consent or is forgotten later stays in it. The audit log says who had one. Delete it when it has served its purpose.</Notice>
      <div className="row">
        <Button look="main" onPress={write} isDisabled={isBusy || isFaulty}>
          <Download aria-hidden /> {isBusy ? "Being asked for…" : "Write and save"}
        </Button>
      </div>
    </div>
  );
}
