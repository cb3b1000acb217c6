/** What happened before the cameras, the newest first, and what happens right now. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Cctv, CircleHelp, History, type LucideIcon, ShieldAlert, Smile, UserCheck, VideoOff } from "lucide-react";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { EventKind, LiveEvent, PersonCard } from "@/shared/api/types";
import { camerasQuery } from "@/shared/live/cameras";
import { PersonPicker } from "@/shared/people/PersonPicker";
import { Select } from "@/shared/ui/controls";
import { More } from "@/shared/ui/lists";
import { Empty, Loaded, Page } from "@/shared/ui/page";
import { day, lasting, percent, time } from "@/shared/ui/words";
import { type Filter, keyOf, useLiveEvents } from "./living";
import "./events.css";

const KINDS: Record<EventKind, { label: string; icon: LucideIcon; tone: string }> = {
  person_seen: { label: "Somebody known", icon: UserCheck, tone: "accent" },
  stranger_seen: { label: "A stranger", icon: CircleHelp, tone: "warning" },
  spoof_suspected: { label: "Not live", icon: ShieldAlert, tone: "danger" },
  expression_shifted: { label: "Expression changed", icon: Smile, tone: "accent" },
  camera_lost: { label: "Camera lost", icon: VideoOff, tone: "danger" },
  camera_recovered: { label: "Camera is back", icon: Cctv, tone: "good" },
};
const ALL = { id: "all", label: "Everything" };

export default function EventsPage() {
  const [kind, setKind] = useState("all");
  const [camera, setCamera] = useState("all");
  const [person, setPerson] = useState<PersonCard | null>(null);
  const cameras = useQuery(camerasQuery);
  const filter: Filter = {
    ...(kind === "all" ? {} : { kind: kind as EventKind }),
    ...(camera === "all" ? {} : { camera }),
    ...(person ? { person: person.person_id } : {}),
  };
  const found = useInfiniteQuery({
    queryKey: keyOf(filter),
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      told(
        api.GET("/api/v1/events", {
          params: {
            query: { ...filter, kind: filter.kind ? [filter.kind] : [], ...(pageParam ? { after: pageParam } : {}) },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  useLiveEvents();
  const events = found.data?.pages.flatMap((page) => page.items);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Page title="Events" about="Who came into view, whose expression appears to have changed, and how the cameras fared. New ones appear by themselves.">
      <div className="event-filters">
        <Select label="Kind" options={[ALL, ...Object.entries(KINDS).map(([id, { label }]) => ({ id, label }))]} value={kind} onChange={setKind} />
        <Select label="Camera" options={[{ id: "all", label: "All cameras" }, ...(cameras.data ?? []).map(({ name }) => ({ id: name, label: name }))]} value={camera} onChange={setCamera} />
        <PersonPicker label="Person" picked={person} onPick={setPerson} />
      </div>
      <Loaded of={found}>{() => events?.length ? (
        <>
          <Days events={events} />
          <More of={found} />
        </>
      ) : (
        <Empty icon={History} title={isFiltered ? "Nothing of this kind" : "Nothing happened yet"}>
          {isFiltered ? "Choose another kind, camera or person." : "As soon as somebody comes before a camera, it is written down here."}
        </Empty>
      )}</Loaded>
    </Page>
  );
}

function Days({ events }: { events: readonly LiveEvent[] }) {
  const days = grouped(events);
  return (
    <>
      {[...days].map(([title, own]) => (
        <section key={title} className="card" aria-label={title}>
          <h2>{title}</h2>
          <ul>
            {own.map((one) => (
              <Line key={one.event_id} event={one} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function grouped(events: readonly LiveEvent[]): Map<string, LiveEvent[]> {
  const days = new Map<string, LiveEvent[]>();
  for (const one of events) days.set(day(one.at), [...(days.get(day(one.at)) ?? []), one]);
  return days;
}

function Line({ event }: { event: LiveEvent }) {
  const { icon: Icon, tone, label } = KINDS[event.kind];
  return (
    <li className="event">
      <span className={`event-icon ${tone}`}>
        <Icon aria-label={label} />
      </span>
      <span className="event-what">
        <What event={event} />
      </span>
      <Link to="/cameras/$name" params={{ name: event.camera }} className="small">
        {event.camera}
      </Link>
      <time className="muted small number" dateTime={event.at}>
        {time(event.at)}
      </time>
    </li>
  );
}

function What({ event }: { event: LiveEvent }) {
  if (event.person_id)
    return (
      <>
        <Link to="/people/$personId" params={{ personId: event.person_id }}>
          {event.person_name || event.person_id}
        </Link>{" "}
        {event.kind === "expression_shifted" ? <Shift event={event} /> : "came into view"}
        {event.kind === "person_seen" && event.similarity != null && <span className="muted small number"> {percent(event.similarity)} alike</span>}
      </>
    );
  if (event.kind === "spoof_suspected") return <>A face looked like a print or a screen{event.liveness_score != null && <span className="muted small"> (live: {percent(event.liveness_score)})</span>}</>;
  if (event.kind === "camera_recovered") return <>It delivers again{event.outage_s != null && <span className="muted small"> after {lasting(event.outage_s)}</span>}</>;
  if (event.kind === "camera_lost") return <>It stopped delivering{event.reason && <span className="muted small">: {event.reason}</span>}</>;
  return <>{KINDS[event.kind].label} came into view</>;
}

function Shift({ event }: { event: LiveEvent }) {
  const { from_expression: from, to_expression: to, held_s: held } = event;
  return (
    <>
      appears to have changed from {from} to <strong>{to}</strong>
      {held != null && <span className="muted small"> after {lasting(held)}</span>}
    </>
  );
}
