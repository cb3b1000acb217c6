/** Strangers who wait for somebody to say who they are; made for the keyboard, several at once. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, CircleCheckBig, Trash2, UserCheck, UserPlus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Done } from "@/shared/api/types";
import { useChange } from "@/shared/people/change";
import { Button, Switch } from "@/shared/ui/controls";
import { Empty, Loaded, Page } from "@/shared/ui/page";
import { type Waiting, waiting } from "./alike";
import { AssignDialog, NewDialog } from "./dialogs";
import { type Command, commandOf, HELP, keysAct, letKeysAct, nextCursor } from "./keys";
import { reviewQuery } from "./queries";
import { StrangerCard } from "./StrangerCard";
import "./review.css";

export default function ReviewPage() {
  const found = useInfiniteQuery(reviewQuery);
  const strangers = found.data?.pages.flatMap(waiting);
  return (
    <Page title="Review" about="Strangers who came before a camera. Say who they are, or that nobody needs to know.">
      <Loaded of={found}>{() => strangers?.length ? (
        <Queue strangers={strangers} hasMore={found.hasNextPage} onMore={() => void found.fetchNextPage()} />
      ) : (
        <Empty icon={CircleCheckBig} title="Nobody waits" action={<Link to="/people" className="button">See who is known</Link>}>
          Whoever comes before a camera and is not recognised appears here, with the people they look like most.
        </Empty>
      )}</Loaded>
    </Page>
  );
}

function Queue({ strangers, hasMore, onMore }: { strangers: Waiting[]; hasMore: boolean; onMore: () => void }) {
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<"" | "assign" | "new">("");
  const list = useRef<HTMLUListElement>(null);
  const ids = strangers.map((one) => one.person_id);
  const at = Math.min(cursor, ids.length - 1);
  const meant = chosen.size ? ids.filter((id) => chosen.has(id)) : ids.slice(at, at + 1);
  const change = useChange(() => {
    setCursor(nextCursor(ids, meant, at));
    setChosen(new Set());
    setOpen("");
  });
  const go = (make: (strangers: string[]) => Promise<Done>) => !change.isPending && change.mutate(() => make(meant));
  const assign = (personId: string) => go((strangers) => told(api.POST("/api/v1/review/assign", { body: { strangers, to: personId } })));
  const ignore = () => go((strangers) => told(api.POST("/api/v1/review/ignore", { body: { strangers } })));
  const discard = () => go((strangers) => told(api.POST("/api/v1/review/discard", { body: { strangers } })));
  const move = (to: number) => {
    const next = Math.max(0, Math.min(to, ids.length - 1));
    setCursor(next);
    list.current?.children[next]?.querySelector<HTMLElement>("[data-card]")?.focus();
  };
  const select = (id: string) => setChosen(new Set(chosen.has(id) ? [...chosen].filter((one) => one !== id) : [...chosen, id]));
  const best = strangers[at]?.people[0];
  const commands: Record<Command, () => void> = {
    up: () => move(at - 1),
    down: () => move(at + 1),
    select: () => ids[at] && select(ids[at]),
    assign: () => setOpen("assign"),
    accept: () => void (best && assign(best.person_id)),
    new: () => setOpen("new"),
    ignore,
    discard,
    all: () => setChosen(new Set(ids)),
    none: () => setChosen(new Set()),
  };
  const [isByKeys, setByKeys] = useState(keysAct);
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    if (!isByKeys) return;
    const hear = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      latest.current[command]();
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, [isByKeys]);
  const key = (name: string) => isByKeys && <kbd aria-hidden>{name}</kbd>;
  const whom = chosen.size ? `${chosen.size} selected` : (ids[at] ?? "");
  return (
    <>
      <div className="review-bar">
        <strong aria-live="polite" className="review-whom">
          {whom}
        </strong>
        <div className="row" role="toolbar" aria-label="What to do with them">
          <Button look="main" onPress={() => setOpen("assign")}>
            <UserCheck aria-hidden /> Is somebody known {key("a")}
          </Button>
          <Button onPress={() => setOpen("new")}>
            <UserPlus aria-hidden /> New person {key("n")}
          </Button>
          <Button onPress={ignore} isDisabled={change.isPending}>
            <Ban aria-hidden /> Ignore {key("i")}
          </Button>
          <Button look="danger" onPress={discard} isDisabled={change.isPending}>
            <Trash2 aria-hidden /> Discard {key("d")}
          </Button>
        </div>
      </div>
      <ul ref={list} className="strangers" aria-label="Strangers">
        {strangers.map((one, place) => (
          <StrangerCard
            key={one.person_id}
            stranger={one}
            isAt={place === at}
            isChosen={chosen.has(one.person_id)}
            onFocus={() => setCursor(place)}
            onSelect={() => select(one.person_id)}
            onAssign={(personId) =>
              change.mutate(() => told(api.POST("/api/v1/review/assign", { body: { strangers: [one.person_id], to: personId } })))
            }
          />
        ))}
      </ul>
      {hasMore && (
        <div>
          <Button onPress={onMore}>Show more</Button>
        </div>
      )}
      <details className="small keys">
        <summary>Keys</summary>
        <Switch
          isOn={isByKeys}
          onChange={(is) => {
            letKeysAct(is);
            setByKeys(is);
          }}
        >
          Single keys act here. Switch them off if you speak to your computer, or press keys by accident; everything can be done without them.
        </Switch>
        {isByKeys && (
          <ul className="row">
            {HELP.map(([key, what]) => (
              <li key={key}>
                <kbd>{key}</kbd> {what}
              </li>
            ))}
          </ul>
        )}
      </details>
      {open === "assign" && <AssignDialog strangers={meant} suggestions={[...(strangers[at]?.people ?? []), ...(strangers[at]?.strangers ?? [])]} isBusy={change.isPending} onClose={() => setOpen("")} onAssign={assign} />}
      {open === "new" && <NewDialog strangers={meant} isBusy={change.isPending} onClose={() => setOpen("")} change={change.mutate} />}
    </>
  );
}
