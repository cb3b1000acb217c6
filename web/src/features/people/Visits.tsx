/** When and where a person was seen. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Footprints } from "lucide-react";
import { Button } from "@/shared/ui/controls";
import { Empty, Failure, Waiting } from "@/shared/ui/page";
import { lasting, moment } from "@/shared/ui/words";
import { sightingsQuery } from "./queries";

export function Visits({ personId }: { personId: string }) {
  const found = useInfiniteQuery(sightingsQuery(personId));
  if (found.error) return <Failure error={found.error} again={() => void found.refetch()} />;
  if (!found.data) return <Waiting />;
  const visits = found.data.pages.flatMap((page) => page.items);
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
      {found.hasNextPage && (
        <Button onPress={() => void found.fetchNextPage()} isDisabled={found.isFetchingNextPage}>
          Show more
        </Button>
      )}
    </div>
  );
}
