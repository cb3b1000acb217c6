/** The strangers who wait, and what can be done to those who are selected. */
import { Ban, Trash2, UserCheck, UserPlus } from "lucide-react";
import { useRef, useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Done } from "@/shared/api/types";
import { type Seen, seenOf, useChange } from "@/shared/people/change";
import { NewPerson, whom } from "@/shared/people/NewPerson";
import { AssignDialog } from "./AssignDialog";
import type { Suggestion, Waiting } from "./alike";
import { KeysHelp, Tool, useKeys } from "./KeysHelp";
import { type Command, STRANGERS } from "./keys";
import { useDrop } from "./queries";
import { StrangerCard } from "./StrangerCard";
import { useSelection } from "./selection";

/** What is asked, and of whom: as it was when the question was put, whatever the queue becomes meanwhile. */
interface Asking {
  what: "assign" | "new";
  of: readonly Waiting[];
  suggestions: readonly Suggestion[];
}

const idsOf = (some: readonly Seen[]) => some.map((one) => one.person_id);

export function Queue({ strangers }: { strangers: Waiting[] }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const gone = useRef<readonly string[]>([]);
  const drop = useDrop();
  const at = useSelection(idsOf(strangers));
  const meant = strangers.filter((one) => at.meant.includes(one.person_id));
  const only = meant.length === 1 ? meant[0] : undefined;
  const change = useChange(() => {
    at.leave(gone.current);
    setAsking(null);
    // Before the dialog gives the focus back to the card of whoever is gone.
    drop("strangers", gone.current);
  });
  const go = (of: readonly Waiting[], make: () => Promise<Done>) => {
    if (change.isPending || !of.length) return;
    gone.current = idsOf(of);
    change.mutate(make);
  };
  const assign = (of: readonly Waiting[], to: Seen) =>
    go(of, () => told(api.POST("/api/v1/review/assign", { body: { strangers: idsOf(of), to: to.person_id, seen: seenOf(...of, to) } })));
  const all = { strangers: idsOf(meant), seen: seenOf(...meant) };
  const ask = (what: Asking["what"]) => meant.length && setAsking({ what, of: meant, suggestions: [...(only?.people ?? []), ...(only?.strangers ?? [])] });
  const commands: Partial<Record<Command, () => unknown>> = {
    ...at.commands,
    assign: () => ask("assign"),
    accept: () => only && at.isAtOnly(only.person_id) && only.people[0] && assign([only], only.people[0]),
    new: () => ask("new"),
    ignore: () => go(meant, () => told(api.POST("/api/v1/review/ignore", { body: all }))),
    discard: () => go(meant, () => told(api.POST("/api/v1/review/discard", { body: all }))),
  };
  const [isByKeys, letKeys] = useKeys(commands, !!asking);
  const tool = { isByKeys, isDisabled: !meant.length || change.isPending, commands };
  return (
    <>
      <div className="review-bar">
        <strong aria-live="polite" className="review-whom">
          {at.told || (at.meant[0] ?? "Choose somebody")}
        </strong>
        <div className="row" role="toolbar" aria-label="What to do with them">
          <Tool {...tool} of="assign" look="main" icon={UserCheck} label="Is somebody known" />
          <Tool {...tool} of="new" icon={UserPlus} label="New person" />
          <Tool {...tool} of="ignore" icon={Ban} label="Ignore" />
          <Tool {...tool} of="discard" look="danger" icon={Trash2} label="Discard" />
        </div>
      </div>
      <ul ref={at.list} className="strangers" aria-label="Strangers">
        {strangers.map((one, place) => (
          <StrangerCard
            key={one.person_id}
            stranger={one}
            isAt={place === at.at}
            isChosen={at.selected.includes(one.person_id)}
            onFocus={() => at.stand(place)}
            onSelect={() => at.select(one.person_id)}
            onAssign={(to) => assign([one], to)}
          />
        ))}
      </ul>
      <KeysHelp isOn={isByKeys} onChange={letKeys} help={STRANGERS} />
      {asking?.what === "assign" && (
        <AssignDialog
          title={`Who is ${whom(asking.of)}?`}
          verb="That is who"
          suggestions={asking.suggestions}
          without={idsOf(asking.of)}
          isBusy={change.isPending}
          onClose={() => setAsking(null)}
          onAssign={(to) => assign(asking.of, to)}
        />
      )}
      {asking?.what === "new" && <NewPerson strangers={asking.of} isBusy={change.isPending} onClose={() => setAsking(null)} onEnrol={(make) => go(asking.of, make)} />}
    </>
  );
}
