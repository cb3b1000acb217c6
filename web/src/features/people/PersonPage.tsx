/** One person: pictures, visits, consent, apparent expression, and what can be done. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useMay } from "@/shared/api/session";
import type { PersonPage as Person } from "@/shared/api/types";
import { useInView } from "@/shared/live/useInView";
import { called } from "@/shared/people/PersonPicker";
import { PersonTimeline } from "@/shared/timeline/PersonTimeline";
import { Tabs } from "@/shared/ui/controls";
import { Badge, FacePicture, Loaded, Notice, Page } from "@/shared/ui/page";
import { ago, count, day } from "@/shared/ui/words";
import { Consents } from "./Consents";
import { PersonActions } from "./PersonActions";
import { Pictures } from "./Pictures";
import { personQuery } from "./queries";
import { isThere, STANDINGS } from "./standing";
import { Visits } from "./Visits";
import "./people.css";

export default function PersonPage() {
  const { personId } = useParams({ strict: false }) as { personId: string };
  const found = useQuery(personQuery(personId));
  const mayOrder = useMay("operator");
  return (
    <Page
      title={found.data ? called(found.data) : personId}
      tools={
        <>
          <Link to="/people" className="button">
            <ArrowLeft aria-hidden /> People
          </Link>
          {found.data && mayOrder && <PersonActions key={personId} person={found.data} />}
        </>
      }
    >
      <Loaded of={found}>
        {(person) => (
          <>
            <Head person={person} />
            <Tabs
              label={`About ${called(person)}`}
              tabs={[
                { id: "pictures", label: "Pictures", content: <Pictures key={personId} person={person} mayOrder={mayOrder && isThere(person)} /> },
                ...(isThere(person) ? [{ id: "expression", label: "Apparent expression", content: <PersonTimeline personId={personId} /> }] : []),
                { id: "visits", label: "Visits", content: <Visits personId={personId} /> },
                { id: "consent", label: "Consent", content: <Consents person={person} mayOrder={mayOrder} /> },
              ]}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Head({ person }: { person: Person }) {
  return (
    <>
      {person.standing === "merged" && (
        <Notice tone="warning">
          This is the same person as{" "}
          <Link to="/people/$personId" params={{ personId: person.merged_into }}>
            {person.merged_into}
          </Link>
          .
        </Notice>
      )}
      {person.standing === "binned" && <Notice tone="warning">In the recycle bin: not recognised, and removed for good later. Restore brings everything back.</Notice>}
      {person.kind === "enrolled" && person.standing === "active" && !person.is_recognised && (
        <Notice tone="warning">Not recognised: {WHY[person.why_not ?? "other"]}</Notice>
      )}
      <div className="person-head">
        <FacePicture id={person.best_picture} label={`Best picture of ${called(person)}`} />
        <dl className="facts">
          <dt>Id</dt>
          <dd className="row">
            <span className="mono">{person.person_id}</span>
            {person.standing !== "binned" && <Badge tone={person.kind === "enrolled" ? "accent" : "warning"}>{person.kind}</Badge>}
            {STANDINGS[person.standing] && <Badge>{STANDINGS[person.standing]}</Badge>}
          </dd>
          <dt>Seen</dt>
          <dd>
            <Seen person={person} />
          </dd>
          <dt>Pictures</dt>
          <dd>
            {person.pictures} in use, {person.stored} kept to see
          </dd>
          <dt>Known since</dt>
          <dd>{day(person.created_at)}</dd>
        </dl>
      </div>
    </>
  );
}

/** Where somebody is now, or how often and when they were seen: a visit counts once it is over. */
function Seen({ person }: { person: Person }) {
  const cameras = useInView(person.person_id);
  if (!cameras.length) return person.last_seen_at ? `${count(person.visits, "time")}, last ${ago(person.last_seen_at)}` : "never by a camera";
  return (
    <span className="row">
      now, at
      {cameras.map((name) => (
        <Link key={name} to="/cameras/$name" params={{ name }}>
          {name}
        </Link>
      ))}
    </span>
  );
}

const WHY = {
  no_templates: "no picture can be compared. Add pictures of the face.",
  nothing_kept: "no picture can be compared, and none is stored. Add new pictures of the face.",
  put_away: "all pictures are set aside or removed. Put some back into use.",
  other: "there is no consent to being recognised. Record it under Consent.",
};
