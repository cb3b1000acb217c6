/** Strangers who wait for somebody to say who they are, and doubtful pictures; made for the keyboard, several at once. */
import { useInfiniteQuery, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheckBig, Clock } from "lucide-react";
import type { ReactNode } from "react";
import type { DoubtfulPage } from "@/shared/api/types";
import { called } from "@/shared/people/PersonPicker";
import { Tabs } from "@/shared/ui/controls";
import { More } from "@/shared/ui/lists";
import { Empty, Loaded, Notice, Page } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";
import { type Waiting, waiting } from "./alike";
import { PictureQueue } from "./PictureQueue";
import { Queue } from "./Queue";
import { doubtfulQuery, reviewQuery, useRenewal } from "./queries";
import "./review.css";

type Told = { pages: readonly { total: number }[] } | undefined;
const withNumber = (name: string, found: Told) => (found?.pages[0]?.total ? `${name} (${found.pages[0].total.toLocaleString()})` : name);

export default function ReviewPage() {
  const strangers = useInfiniteQuery(reviewQuery);
  const pictures = useInfiniteQuery(doubtfulQuery);
  useRenewal();
  const queues = [
    { id: "strangers", label: withNumber("Strangers", strangers.data), content: <Waits of={strangers}>{(pages) => <Strangers waiting={pages.flatMap(waiting)} />}</Waits> },
    { id: "pictures", label: withNumber("Pictures", pictures.data), content: <Waits of={pictures}>{(pages) => <Pictures pages={pages} />}</Waits> },
  ];
  return (
    <Page title="Review" about="Strangers who came before a camera, and pictures that may show somebody else. Say who they are, or that nobody needs to know.">
      <Tabs label="What waits" tabs={queues} />
    </Page>
  );
}

function Waits<T>({ of, children }: { of: UseInfiniteQueryResult<{ pages: T[] }>; children: (pages: T[]) => ReactNode }) {
  return (
    <>
      <Loaded of={of}>{({ pages }) => children(pages)}</Loaded>
      <More of={of} />
    </>
  );
}

function Strangers({ waiting }: { waiting: Waiting[] }) {
  if (waiting.length) return <Queue strangers={waiting} />;
  return (
    <Empty icon={CircleCheckBig} title="Nobody waits" action={<Link to="/people" className="button">See who is known</Link>}>
      Whoever comes before a camera and is not recognised appears here, with the people they look like most.
    </Empty>
  );
}

function Pictures({ pages }: { pages: readonly DoubtfulPage[] }) {
  const pictures = pages.flatMap((page) => page.items);
  const { emptied = [], left_alone: young = 0, one_from: oneFrom = 1 } = pages[0] ?? {};
  return (
    <div className="stack">
      {emptied.map((one) => (
        <Notice key={one.person_id} tone="warning">
          All pictures of{" "}
          <Link to="/people/$personId" params={{ personId: one.person_id }}>
            {called(one)}
          </Link>{" "}
          are doubtful, and which are right cannot be told: look at them there.
        </Notice>
      ))}
      {pictures.length ? (
        <PictureQueue pictures={pictures} oneFrom={oneFrom} />
      ) : young > 0 ? (
        <Empty icon={Clock} title="Not all pictures are looked at yet" action={<Link to="/people" className="button">See who is known</Link>}>
          {count(young, "picture that is new is", "pictures that are new are")} looked at later: somebody is perhaps still at work on them.{emptied.length ? "" : " Of the others none is doubtful."}
        </Empty>
      ) : (
        <Empty icon={CircleCheckBig} title="No picture is doubtful" action={<Link to="/people" className="button">See who is known</Link>}>
          A picture that is unlike the others of its person, more like somebody else, or too poor appears here.
        </Empty>
      )}
      {young > 0 && pictures.length > 0 && <p className="muted small">{count(young, "picture that is new is", "pictures that are new are")} looked at later: somebody is perhaps still at work on them.</p>}
    </div>
  );
}
