/** When and where a person was seen. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Footprints } from "lucide-react";
import type { ReactNode } from "react";
import type { Sighting } from "@/shared/api/types";
import { CameraName } from "@/shared/live/CameraName";
import { useInView } from "@/shared/live/useInView";
import { More } from "@/shared/ui/lists";
import { Empty, Loaded } from "@/shared/ui/page";
import { lasting, moment } from "@/shared/ui/words";
import { sightingsQuery } from "./queries";

export function Visits({ personId }: { personId: string }) {
  const found = useInfiniteQuery(sightingsQuery(personId));
  return (
    <Loaded of={found}>
      {({ pages }) => (
        <>
          <GoingOn personId={personId} />
          <List visits={pages.flatMap((page) => page.items)}>
            <More of={found} />
          </List>
        </>
      )}
    </Loaded>
  );
}

/** Where somebody is now: that visit is among those below only when it is over. */
function GoingOn({ personId }: { personId: string }) {
  const cameras = useInView(personId);
  return cameras.length ? <p className="muted">In view now, at {cameras.join(", ")}: a visit is noted once it is over.</p> : null;
}

function List({ visits, children }: { visits: readonly Sighting[]; children: ReactNode }) {
  if (!visits.length)
    return (
      <Empty icon={Footprints} title="No visit is over yet">
        Every time a camera sees this person, it is noted here once they are out of its view.
      </Empty>
    );
  return (
    <div className="card">
      <ul>
        {visits.map((one) => (
          <li key={one.sighting_id} className="visit-line number">
            <span>{moment(one.began_at)}</span>
            <CameraName name={one.camera} />
            <span className="muted">{lasting((Date.parse(one.ended_at) - Date.parse(one.began_at)) / 1000)}</span>
          </li>
        ))}
      </ul>
      {children}
    </div>
  );
}
