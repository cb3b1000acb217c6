/** The strangers who wait, at whom the cursor is and who is selected: everything is of people, never of places. */
import { Ban, Trash2, UserCheck, UserPlus } from "lucide-react";
import { useRef, useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Done } from "@/shared/api/types";
import { useChange } from "@/shared/people/change";
import { NewPerson } from "@/shared/people/NewPerson";
import { Button } from "@/shared/ui/controls";
import { AssignDialog } from "./AssignDialog";
import type { Suggestion, Waiting } from "./alike";
import { KeysHelp, useKeys } from "./KeysHelp";
import { type Command, nextCursor } from "./keys";
import { useDrop } from "./queries";
import { StrangerCard } from "./StrangerCard";

/** What is asked, and of whom: as it was when the question was put, whatever the queue becomes meanwhile. */
interface Asking {
  what: "assign" | "new";
  whom: readonly string[];
  suggestions: readonly Suggestion[];
}

export function Queue({ strangers, hasMore, onMore }: { strangers: Waiting[]; hasMore: boolean; onMore: () => void }) {
  const ids = strangers.map((one) => one.person_id);
  const [cursor, setCursor] = useState({ id: ids[0] ?? "", place: 0 });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Asking | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const gone = useRef<readonly string[]>([]);
  const drop = useDrop();
  const at = ids.indexOf(cursor.id);
  // Whom others have handled is not selected any more; if that was everybody, nobody is meant until somebody is chosen anew.
  const selected = ids.filter((id) => chosen.has(id));
  const meant = chosen.size ? selected : ids.slice(at, at < 0 ? 0 : at + 1);
  const only = meant.length === 1 ? strangers.find((one) => one.person_id === meant[0]) : undefined;
  const change = useChange(() => {
    const handled = gone.current;
    const place = at < 0 ? cursor.place : at;
    if (handled.includes(cursor.id) || at < 0) setCursor({ id: nextCursor(ids, handled, place), place });
    setChosen(new Set(selected.filter((id) => !handled.includes(id))));
    setAsking(null);
    // Before the dialog gives the focus back to the card of whoever is gone.
    drop(handled);
  });
  const go = (whom: readonly string[], make: () => Promise<Done>) => {
    if (change.isPending || !whom.length) return;
    gone.current = whom;
    change.mutate(make);
  };
  const assign = (whom: readonly string[], personId: string) =>
    go(whom, () => told(api.POST("/api/v1/review/assign", { body: { strangers: [...whom], to: personId } })));
  const ignore = () => go(meant, () => told(api.POST("/api/v1/review/ignore", { body: { strangers: meant } })));
  const discard = () => go(meant, () => told(api.POST("/api/v1/review/discard", { body: { strangers: meant } })));
  const ask = (what: Asking["what"]) =>
    meant.length && setAsking({ what, whom: meant, suggestions: [...(only?.people ?? []), ...(only?.strangers ?? [])] });
  const stand = (place: number) => {
    setCursor({ id: ids[place] ?? "", place });
    if (!selected.length) setChosen(new Set());
  };
  const move = (by: number) => {
    const next = Math.max(0, Math.min(at < 0 ? cursor.place : at + by, ids.length - 1));
    stand(next);
    list.current?.children[next]?.querySelector<HTMLElement>("[data-card]")?.focus();
  };
  const select = (id: string) => setChosen(new Set(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]));
  const commands: Record<Command, () => void> = {
    up: () => move(-1),
    down: () => move(1),
    select: () => at >= 0 && select(cursor.id),
    assign: () => void ask("assign"),
    accept: () => only?.person_id === cursor.id && only.people[0] && assign(meant, only.people[0].person_id),
    new: () => void ask("new"),
    ignore,
    discard,
    all: () => setChosen(new Set(ids)),
    none: () => setChosen(new Set()),
  };
  const [isByKeys, letKeys] = useKeys(commands, !!asking);
  const isOff = !meant.length || change.isPending;
  return (
    <>
      <div className="review-bar">
        <strong aria-live="polite" className="review-whom">
          {selected.length ? `${selected.length} selected` : (meant[0] ?? "Choose somebody")}
        </strong>
        <Tools isByKeys={isByKeys} isOff={isOff} commands={commands} />
      </div>
      <ul ref={list} className="strangers" aria-label="Strangers">
        {strangers.map((one, place) => (
          <StrangerCard
            key={one.person_id}
            stranger={one}
            isAt={place === at}
            isChosen={chosen.has(one.person_id)}
            onFocus={() => stand(place)}
            onSelect={() => select(one.person_id)}
            onAssign={(personId) => assign([one.person_id], personId)}
          />
        ))}
      </ul>
      {hasMore && (
        <div>
          <Button onPress={onMore}>Show more</Button>
        </div>
      )}
      <KeysHelp isOn={isByKeys} onChange={letKeys} />
      {asking?.what === "assign" && (
        <AssignDialog strangers={asking.whom} suggestions={asking.suggestions} isBusy={change.isPending} onClose={() => setAsking(null)} onAssign={(personId) => assign(asking.whom, personId)} />
      )}
      {asking?.what === "new" && <NewPerson strangers={asking.whom} isBusy={change.isPending} onClose={() => setAsking(null)} onEnrol={(make) => go(asking.whom, make)} />}
    </>
  );
}

function Tools({ isByKeys, isOff, commands }: { isByKeys: boolean; isOff: boolean; commands: Record<Command, () => void> }) {
  const key = (name: string) => isByKeys && <kbd aria-hidden>{name}</kbd>;
  return (
    <div className="row" role="toolbar" aria-label="What to do with them">
      <Button look="main" onPress={commands.assign} isDisabled={isOff}>
        <UserCheck aria-hidden /> Is somebody known {key("a")}
      </Button>
      <Button onPress={commands.new} isDisabled={isOff}>
        <UserPlus aria-hidden /> New person {key("n")}
      </Button>
      <Button onPress={commands.ignore} isDisabled={isOff}>
        <Ban aria-hidden /> Ignore {key("i")}
      </Button>
      <Button look="danger" onPress={commands.discard} isDisabled={isOff}>
        <Trash2 aria-hidden /> Discard {key("d")}
      </Button>
    </div>
  );
}
