/** When and where a person was seen. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Footprints } from "lucide-react";
import type { ReactNode } from "react";
import type { Sighting } from "@/shared/api/types";
import { More } from "@/shared/ui/lists";
import { Empty, Loaded } from "@/shared/ui/page";
import { lasting, moment } from "@/shared/ui/words";
import { sightingsQuery } from "./queries";

export function Visits({ personId }: { personId: string }) {
  const found = useInfiniteQuery(sightingsQuery(personId));
  return (
    <Loaded of={found}>
      {({ pages }) => (
        <List visits={pages.flatMap((page) => page.items)}>
          <More of={found} />
        </List>
      )}
    </Loaded>
  );
}

function List({ visits, children }: { visits: readonly Sighting[]; children: ReactNode }) {
  if (!visits.length)
    return (
      <Empty icon={Footprints} title="Not seen yet">
        Every time a camera sees this person, it is noted here.
      </Empty>
    );
  return (
    <div className="card">
      <ul>
        {visits.map((one) => (
          <li key={one.sighting_id} className="visit-line number">
            <span>{moment(one.began_at)}</span>
            <Link to="/cameras/$name" params={{ name: one.camera }}>
              {one.camera}
            </Link>
            <span className="muted">{lasting((Date.parse(one.ended_at) - Date.parse(one.began_at)) / 1000)}</span>
          </li>
        ))}
      </ul>
      {children}
    </div>
  );
}
