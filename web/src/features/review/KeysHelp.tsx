/** Single keys that act in the review: heard as long as they are wanted, and told of below the queue. */
import { useEffect, useRef, useState } from "react";
import type { LucideIcon } from "lucide-react";
import { Button, Switch } from "@/shared/ui/controls";
import { type Command, commandOf, type Help, isHeldFor, keyOf, keysAct, letKeysAct } from "./keys";

type Commands = Partial<Record<Command, () => unknown>>;

/** Carry out the commands of keys, but none while a question is open; whether keys act, and how to say whether they do. */
export function useKeys(commands: Commands, isAsking: boolean): [boolean, (they: boolean) => void] {
  const [isByKeys, setByKeys] = useState(keysAct);
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    if (!isByKeys || isAsking) return;
    const hear = (event: KeyboardEvent) => {
      const command = commandOf(event);
      const act = command && latest.current[command];
      if (!act) return;
      event.preventDefault();
      if (!event.repeat || isHeldFor(command)) act();
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

interface ToolProps {
  of: Command;
  label: string;
  icon: LucideIcon;
  look?: "main" | "danger";
  isByKeys: boolean;
  isDisabled: boolean;
  commands: Commands;
}

/** A button that does what a key does, which it names. */
export function Tool({ of, label, icon: Icon, look, isByKeys, isDisabled, commands }: ToolProps) {
  return (
    <Button {...(look ? { look } : {})} isDisabled={isDisabled} onPress={() => commands[of]?.()}>
      <Icon aria-hidden /> {label} {isByKeys && <kbd aria-hidden>{keyOf(of)}</kbd>}
    </Button>
  );
}

export function KeysHelp({ isOn, onChange, help }: { isOn: boolean; onChange: (they: boolean) => void; help: Help }) {
  return (
    <details className="small keys">
      <summary>Keys</summary>
      <Switch isOn={isOn} onChange={onChange}>
        Single keys act here. Switch them off if you speak to your computer, or press keys by accident; everything can be done without them.
      </Switch>
      {isOn && (
        <ul className="row">
          {help.map(([key, what]) => (
            <li key={key}>
              <kbd>{key}</kbd> {what}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
