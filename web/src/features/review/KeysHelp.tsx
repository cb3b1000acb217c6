/** Single keys that act in the review: heard as long as they are wanted, and told of below the queue. */
import { useEffect, useRef, useState } from "react";
import { Switch } from "@/shared/ui/controls";
import { type Command, commandOf, HELP, isHeldFor, keysAct, letKeysAct } from "./keys";

/** Carry out the commands of keys, but none while a question is open; whether keys act, and how to say whether they do. */
export function useKeys(commands: Record<Command, () => void>, isAsking: boolean): [boolean, (they: boolean) => void] {
  const [isByKeys, setByKeys] = useState(keysAct);
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    if (!isByKeys || isAsking) return;
    const hear = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      if (!event.repeat || isHeldFor(command)) latest.current[command]();
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, [isByKeys, isAsking]);
  const act = (they: boolean) => {
    letKeysAct(they);
    setByKeys(they);
  };
  return [isByKeys, act];
}

export function KeysHelp({ isOn, onChange }: { isOn: boolean; onChange: (they: boolean) => void }) {
  return (
    <details className="small keys">
      <summary>Keys</summary>
      <Switch isOn={isOn} onChange={onChange}>
        Single keys act here. Switch them off if you speak to your computer, or press keys by accident; everything can be done without them.
      </Switch>
      {isOn && (
        <ul className="row">
          {HELP.map(([key, what]) => (
            <li key={key}>
              <kbd>{key}</kbd> {what}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
