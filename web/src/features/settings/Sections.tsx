/** All settings but the cameras, by section: found by a word, changed together, saved at once. */
import { SlidersHorizontal } from "lucide-react";
import { useMemo, useState } from "react";
import type { Setting } from "@/shared/api/types";
import { Button, Field, Switch } from "@/shared/ui/controls";
import { Empty } from "@/shared/ui/page";
import { say } from "@/shared/ui/toasts";
import { count } from "@/shared/ui/words";
import { type Schema, schemaAt } from "./fields";
import { type Changes, faultsOf, type Seen, useChange, type Value } from "./queries";
import { SettingRow } from "./SettingRow";
import { capital, headingOf, matches } from "./wording";

type Faults = Readonly<Record<string, string>>;

export function Sections({ seen, schema }: { seen: Seen; schema: Schema }) {
  const [typed, setTyped] = useState("");
  const [onlyOwn, setOnlyOwn] = useState(false);
  const [changes, setChanges] = useState<Changes>({});
  const [faults, setFaults] = useState<Faults>({});
  const save = useChange(seen);
  const word = typed.trim().toLowerCase();
  const sections = useMemo(() => sectionsOf(seen.items, word, onlyOwn), [seen.items, word, onlyOwn]);
  const change = (one: Setting, value: Value | undefined, fault: string) => {
    const { [one.key]: _, ...others } = changes;
    const isSame = value === undefined || (value !== null && JSON.stringify(value) === JSON.stringify(one.value));
    setChanges(isSame ? others : { ...others, [one.key]: value });
    setFaults({ ...faults, [one.key]: fault });
  };
  const clear = () => {
    setChanges({});
    setFaults({});
  };
  const send = () =>
    save.mutate(changes, {
      onSuccess: () => {
        clear();
        say("Saved. It takes effect with the next restart.");
      },
      onError: (error) => setFaults(faultsOf(error)),
    });
  const isWrong = Object.keys(changes).some((key) => faults[key]);
  return (
    <>
      <div className="setting-filters">
        <Field label="Search settings" hidesLabel type="search" value={typed} onChange={setTyped} placeholder="Search settings" />
        <Switch isOn={onlyOwn} onChange={setOnlyOwn}>
          Only what is not the default
        </Switch>
      </div>
      {sections.map(({ place, settings }) => {
        const own = settings.filter((one) => one.key in changes || one.source !== "default").length;
        const about = schemaAt(schema, place)?.description ?? "";
        return (
          <details key={place.join(".")} className="card setting-section" open={word || onlyOwn || settings.some((one) => faults[one.key]) ? true : undefined}>
            <summary>
              <h2>{headingOf(place)}</h2>
              {place.length > 0 && about && <span className="muted">{capital(about)}</span>}
              {own > 0 && <span className="badge accent">{own} not the default</span>}
            </summary>
            {faults[place.join(".")] && <p className="fault">{capital(faults[place.join(".")] ?? "")}</p>}
            {settings.map((one) => (
              <SettingRow key={one.key} setting={one} schema={schema} fault={faults[one.key] ?? ""} changed={changes[one.key]} onChange={(value, fault) => change(one, value, fault)} />
            ))}
          </details>
        );
      })}
      {!sections.length && (
        <Empty icon={SlidersHorizontal} title="No such setting">
          Search for another word, or show what is the default, too.
        </Empty>
      )}
      {Object.keys(changes).length > 0 && (
        <div className="save-bar" role="region" aria-label="Changes">
          <span>{count(Object.keys(changes).length, "change")} not saved yet</span>
          <span className="row">
            <Button onPress={clear}>Discard</Button>
            <Button look="main" isDisabled={isWrong || save.isPending} onPress={send}>
              {save.isPending ? "Saving…" : "Save"}
            </Button>
          </span>
        </div>
      )}
    </>
  );
}

function sectionsOf(all: readonly Setting[], word: string, onlyOwn: boolean): { place: string[]; settings: Setting[] }[] {
  const found = new Map<string, { place: string[]; settings: Setting[] }>();
  for (const one of all) {
    if (one.place[0] === "cameras" || (onlyOwn && one.source === "default") || !matches(one, word)) continue;
    const place = one.place.slice(0, -1);
    const section = found.get(place.join(".")) ?? { place, settings: [] };
    section.settings.push(one);
    found.set(place.join("."), section);
  }
  return [...found.values()].sort((one, other) => Number(!one.place.length) - Number(!other.place.length));
}
