/** What waits for a restart, the restart itself, and what keeps it from being one. */
import { RotateCw } from "lucide-react";
import { useState } from "react";
import type { Setting } from "@/shared/api/types";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Notice } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";
import { type Seen, useRestart } from "./queries";

const MOST_SHOWN = 8;

/** What changes: settings by their keys, and each camera once. */
const namesOf = (pending: readonly Setting[]): string[] => [...new Set(pending.map((one) => (one.place[0] === "cameras" ? `camera ${one.place[1]}` : one.key)))];

export function Restart({ seen }: { seen: Seen }) {
  const [isAsked, setAsked] = useState(false);
  const restart = useRestart();
  const pending = seen.items.filter((one) => one.is_pending);
  const waiting = namesOf(pending.filter((one) => one.applies === "restart"));
  const outside = namesOf(pending.filter((one) => one.applies === "start"));
  const go = () => {
    setAsked(false);
    restart.mutate();
  };
  return (
    <>
      {seen.refused && (
        <Notice tone="danger">
          <p>mien could not start with the new settings and goes on with those before: {seen.refused}</p>
        </Notice>
      )}
      {seen.problems.length > 0 && (
        <Notice tone="danger">
          <p>{seen.file} is not in order. What you see is what is in force; mien could not start with the file as it is.</p>
          <ul className="problems">
            {seen.problems.map((one) => (
              <li key={one.where + one.what}>
                {one.where && <code>{one.where}</code>} {one.what}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {restart.isPending ? (
        <div className="card row" role="status">
          <span className="spinner" aria-hidden />
          <span>mien is starting again. This takes some seconds, and longer where a model has to be fetched.</span>
        </div>
      ) : (
        waiting.length > 0 && (
          <Notice tone="warning">
            <div className="row apart">
              <span>{count(waiting.length, "change")} saved, and not in force before a restart.</span>
              <Button look="main" onPress={() => setAsked(true)}>
                <RotateCw aria-hidden /> Restart to apply
              </Button>
            </div>
          </Notice>
        )
      )}
      {outside.length > 0 && <Notice>When mien is started anew on its machine, there will be in force what is said now of {outside.join(", ")}.</Notice>}
      <Ask title="Restart mien?" verb="Restart" isOpen={isAsked} onClose={() => setAsked(false)} onYes={go}>
        <p>Cameras and live pictures pause for some seconds. Whoever is logged in stays so.</p>
        <ul className="pending-list">
          {waiting.slice(0, MOST_SHOWN).map((one) => (
            <li key={one} className="mono">
              {one}
            </li>
          ))}
          {waiting.length > MOST_SHOWN && <li className="muted">and {waiting.length - MOST_SHOWN} more</li>}
        </ul>
      </Ask>
    </>
  );
}

