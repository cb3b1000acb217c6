/** At which of what waits the cursor is, and what is selected: of people and pictures, never of places. */
import { useRef, useState } from "react";
import { nextCursor } from "./keys";

/** So many can be decided about at once: the service takes no more strangers, and no more people whose pictures they are. */
export const MOST = 200;

export function useSelection(ids: readonly string[]) {
  const [cursor, setCursor] = useState({ id: ids[0] ?? "", place: 0 });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLUListElement>(null);
  const at = ids.indexOf(cursor.id);
  // What others have handled is not selected any more; if that was everything, nothing is meant until something is chosen anew.
  const selected = ids.filter((id) => chosen.has(id));
  const stand = (place: number) => {
    setCursor({ id: ids[place] ?? "", place });
    if (!selected.length) setChosen(new Set());
  };
  const move = (by: number) => {
    const next = Math.max(0, Math.min(at < 0 ? cursor.place : at + by, ids.length - 1));
    stand(next);
    list.current?.children[next]?.querySelector<HTMLElement>("[data-card]")?.focus();
  };
  const choose = (some: readonly string[]) => setChosen(new Set([...new Set(some)].slice(0, MOST)));
  const select = (id: string) => choose(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]);
  return {
    list,
    at,
    selected,
    /** How many are selected, or nothing while none is. */
    told: selected.length < MOST ? selected.length && `${selected.length} selected` : `${MOST} selected, the most at once`,
    /** What a command is about. */
    meant: chosen.size ? selected : ids.slice(at, at < 0 ? 0 : at + 1),
    isAtOnly: (id: string) => id === cursor.id,
    stand,
    select,
    commands: {
      up: () => move(-1),
      down: () => move(1),
      select: () => at >= 0 && select(cursor.id),
      all: () => choose([...selected, ...ids]),
      none: () => setChosen(new Set()),
    },
    /** What was handled is neither selected nor at the cursor any more. */
    leave: (handled: readonly string[]) => {
      const place = at < 0 ? cursor.place : at;
      if (handled.includes(cursor.id) || at < 0) setCursor({ id: nextCursor(ids, handled, place), place });
      setChosen(new Set(selected.filter((id) => !handled.includes(id))));
    },
  };
}
