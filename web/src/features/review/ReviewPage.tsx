/** Strangers who wait for somebody to say who they are; made for the keyboard, several at once. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import { Empty, Loaded, Page } from "@/shared/ui/page";
import { waiting } from "./alike";
import { Queue } from "./Queue";
import { reviewQuery, useRenewal } from "./queries";
import "./review.css";

export default function ReviewPage() {
  const found = useInfiniteQuery(reviewQuery);
  useRenewal();
  return (
    <Page title="Review" about="Strangers who came before a camera. Say who they are, or that nobody needs to know.">
      <Loaded of={found}>
        {({ pages }) => {
          const strangers = pages.flatMap(waiting);
          return strangers.length ? (
            <Queue strangers={strangers} hasMore={found.hasNextPage} onMore={() => void found.fetchNextPage()} />
          ) : (
            <Empty icon={CircleCheckBig} title="Nobody waits" action={<Link to="/people" className="button">See who is known</Link>}>
              Whoever comes before a camera and is not recognised appears here, with the people they look like most.
            </Empty>
          );
        }}
      </Loaded>
    </Page>
  );
}
