/** Everybody who is known, as a grid of faces. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserPlus, Users } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useMay } from "@/shared/api/session";
import type { PersonCard } from "@/shared/api/types";
import { called } from "@/shared/people/PersonPicker";
import { Field, Select } from "@/shared/ui/controls";
import { More } from "@/shared/ui/lists";
import { Badge, Empty, FacePicture, Loaded, Page } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";
import { type Kind, peopleQuery } from "./queries";
import { STANDINGS } from "./standing";
import "./people.css";

const KINDS = [
  { id: "enrolled", label: "Enrolled" },
  { id: "stranger", label: "Strangers" },
  { id: "everybody", label: "All, hidden and removed too" },
];

export default function PeoplePage() {
  const [typed, setTyped] = useState("");
  const [kind, setKind] = useState<Kind>("enrolled");
  const q = useDeferredValue(typed.trim());
  const mayOrder = useMay("operator");
  const found = useInfiniteQuery(peopleQuery(q, kind));
  const people = found.data?.pages.flatMap((page) => page.items);
  const enrol = mayOrder && (
    <Link to="/enrol" className="button main">
      <UserPlus aria-hidden /> Enrol somebody
    </Link>
  );
  return (
    <Page title="People" about="Who is recognised, and which strangers were seen." tools={enrol}>
      <div className="filters">
        <Field label="Search" type="search" value={typed} onChange={setTyped} placeholder="Name or id" hidesLabel />
        <Select label="Who is shown" hidesLabel options={KINDS} value={kind} onChange={(id) => setKind(id as Kind)} />
      </div>
      <Loaded of={found}>{() => people?.length ? (
        <>
          <ul className="grid">
            {people.map((one) => (
              <Card key={one.person_id} person={one} />
            ))}
          </ul>
          <More of={found} />
        </>
      ) : q ? (
        <Empty icon={Users} title={`Nobody is called “${q}”`}>
          Try part of the name, or show strangers and those who are hidden, too.
        </Empty>
      ) : kind === "stranger" ? (
        <Empty icon={Users} title="No strangers">
          Whoever comes before a camera and is not enrolled appears here, and waits in the review.
        </Empty>
      ) : (
        <Empty icon={Users} title="Nobody is enrolled yet" action={enrol}>
          Take ten snapshots with this browser’s camera, or upload a few pictures of a face.
        </Empty>
      )}</Loaded>
    </Page>
  );
}

function Card({ person }: { person: PersonCard }) {
  const standing = STANDINGS[person.standing];
  return (
    <li>
      <Link to="/people/$personId" params={{ personId: person.person_id }} className="person-card">
        <FacePicture id={person.best_picture} label="" />
        <span className="person-name">{called(person)}</span>
        <span className="muted small">
          {person.name && <span className="mono">{person.person_id} · </span>}
          {count(person.pictures, "picture")}
        </span>
        {standing ? <Badge>{standing}</Badge> : !person.is_recognised && person.kind === "enrolled" && <Badge tone="warning">not recognised</Badge>}
      </Link>
    </li>
  );
}
