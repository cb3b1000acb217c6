/** All settings but the cameras, by section: found by a word, changed together, saved at once. */
import { SlidersHorizontal } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
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
  const [discarded, setDiscarded] = useState(0);
  const save = useChange(seen);
  const word = typed.trim().toLowerCase();
  const sections = useMemo(() => sectionsOf(seen.items, word, onlyOwn), [seen.items, word, onlyOwn]);
  const change = (one: Setting, value: Value | undefined, fault: string) => {
    const { [one.key]: _, ...others } = changes;
    const isSame = value === undefined || (value !== null && JSON.stringify(value) === JSON.stringify(one.value));
    if (isSame && !Object.keys(others).length) save.end();
    else save.begin();
    setChanges(isSame ? others : { ...others, [one.key]: value });
    setFaults({ ...faults, [one.key]: fault });
  };
  const clear = () => {
    setChanges({});
    setFaults({});
    setDiscarded(discarded + 1);
    save.end();
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
        const about = place.length ? (schemaAt(schema, place)?.description ?? "") : "";
        return (
          <Section key={place.join(".")} heading={headingOf(place)} about={capital(about)} own={own} isFiltered={!!word || onlyOwn} isWrong={settings.some((one) => faults[one.key])}>
            {faults[place.join(".")] && <p className="fault">{capital(faults[place.join(".")] ?? "")}</p>}
            {settings.map((one) => (
              <SettingRow key={one.key} setting={one} schema={schema} fault={faults[one.key] ?? ""} changed={changes[one.key]} discarded={discarded} onChange={(value, fault) => change(one, value, fault)} />
            ))}
          </Section>
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

interface SectionProps {
  heading: string;
  about: string;
  own: number;
  isFiltered: boolean;
  isWrong: boolean;
  children: ReactNode;
}

/** Opens where something is wrong, and stays open when that is mended: somebody types in it. */
function Section({ heading, about, own, isFiltered, isWrong, children }: SectionProps) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (isWrong) setOpen(true);
  }, [isWrong]);
  return (
    <details className="card setting-section" open={isOpen || isFiltered} onToggle={(event) => !isFiltered && setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{heading}</h2>
        {about && <span className="muted">{about}</span>}
        {own > 0 && <span className="badge accent">{own} not the default</span>}
      </summary>
      {children}
    </details>
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
