/** One camera: where its pictures come from, how many are looked at, and what is its own. */
import { Plus, Undo2 } from "lucide-react";
import { useEffect, useState } from "react";
import { Field, IconButton, Select, Switch } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { say } from "@/shared/ui/toasts";
import { Control } from "./Control";
import type { CameraTold } from "./cameras";
import { type Schema, schemaAt, textOf } from "./fields";
import { type Changes, faultsOf, type Seen, useChange, type Value } from "./queries";
import { capital, keyOf } from "./wording";

type Pace = "all" | "every" | "fps";
const PACES = [
  { id: "all", label: "as many as the machine can" },
  { id: "fps", label: "so many a second" },
  { id: "every", label: "one in so many" },
];

interface Props {
  camera: CameraTold | null;
  taken: readonly string[];
  seen: Seen;
  schema: Schema;
  onClose: () => void;
}

export function CameraDialog({ camera, taken, seen, schema, onClose }: Props) {
  const [name, setName] = useState(camera?.name ?? "");
  const [source, setSource] = useState(camera?.source ?? "");
  const [isEnabled, setEnabled] = useState(camera?.isEnabled ?? true);
  const [pace, setPace] = useState<Pace>(camera?.fps ? "fps" : camera?.every ? "every" : "all");
  const [amount, setAmount] = useState(String(camera?.fps || camera?.every || ""));
  const [own, setOwn] = useState<Readonly<Record<string, Value>>>({});
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const save = useChange(seen);
  useEffect(() => save.begin(), []);
  const key = (...steps: string[]) => keyOf(["cameras", name.trim(), ...steps]);
  const isTaken = !camera && taken.includes(name.trim());
  const number = Number(amount.replace(",", "."));
  const isPaced = pace === "all" || (number > 0 && (pace === "fps" || Number.isInteger(number)));
  const changes = (): Changes => ({
    ...(source.trim() === camera?.source ? {} : { [key("source")]: source.trim() }),
    ...(isEnabled === (camera?.isEnabled ?? true) ? {} : { [key("enabled")]: isEnabled }),
    ...paced("fps", pace === "fps" ? number : 0, camera?.fps ?? 0),
    ...paced("every", pace === "every" ? number : 0, camera?.every ?? 0),
    ...Object.fromEntries(Object.entries(own).map(([place, value]) => [key(...place.split(".")), value])),
  });
  const paced = (which: "fps" | "every", value: number, before: number): Changes => (value === before ? {} : { [key(which)]: value || null });
  const done = () => {
    onClose();
    say(`${name.trim()} is saved, and watched so after the restart.`);
  };
  const send = () => {
    const all = changes();
    if (!Object.keys(all).length) onClose();
    else save.mutate(all, { onSuccess: done, onError: (error) => setFaults(faultsOf(error)) });
  };
  const of = (...steps: string[]) => capital(faults[key(...steps)] ?? "");
  return (
    <Ask
      title={camera ? camera.name : "A new camera"}
      verb={camera ? "Save" : "Add it"}
      isOpen
      isWide
      onClose={onClose}
      isBusy={save.isPending}
      isDisabled={!name.trim() || !source.trim() || isTaken || !isPaced}
      onYes={send}
    >
      {!camera && <Field label="Name" value={name} onChange={setName} autoFocus maxLength={100} autoComplete="off" hint="As it is shown everywhere: door, yard." {...(isTaken ? { fault: "There is a camera of that name." } : {})} />}
      <Field
        label="Where its pictures come from"
        value={source}
        onChange={setSource}
        autoComplete="off"
        hint={`${capital(schemaAt(schema, ["cameras", name, "source"])?.description ?? "")}. A video file is named in ${seen.file} on the machine that mien runs on: cameras: {hall: {source: /videos/hall.mp4}}.${camera?.source.includes("***") ? " *** is the password that is kept: it stays as long as user and host do." : ""}`}
        {...(of("source") ? { fault: of("source") } : {})}
      />
      <Switch isOn={isEnabled} onChange={setEnabled}>
        Is watched
      </Switch>
      <div className="pace">
        <Select label="Pictures that are looked at" options={PACES} value={pace} onChange={(id) => setPace(id as Pace)} />
        {pace !== "all" && <Field label={pace === "fps" ? "A second" : "One in"} value={amount} onChange={setAmount} inputMode="decimal" {...(of(pace) ? { fault: of(pace) } : {})} />}
      </div>
      <Own camera={camera} schema={schema} seen={seen} changed={own} onChange={setOwn} faultAt={(place) => of(...place.split("."))} />
      {of() && <p className="fault">{of()}</p>}
    </Ask>
  );
}

interface OwnProps {
  camera: CameraTold | null;
  schema: Schema;
  seen: Seen;
  changed: Readonly<Record<string, Value>>;
  onChange: (changed: Readonly<Record<string, Value>>) => void;
  faultAt: (place: string) => string;
}

/** What is other than with the other cameras: `changed` are values by place, none for what is to be as with them again. */
function Own({ camera, schema, seen, changed, onChange, faultAt }: OwnProps) {
  const said = Object.fromEntries((camera?.own ?? []).map((one) => [one.place.slice(2).join("."), one.value]));
  const usual = (place: string) => seen.items.find((one) => one.key === place);
  const shown = [...new Set([...Object.keys(said), ...Object.keys(changed)])].filter((place) => changed[place] !== null);
  const sections = Object.entries(schemaAt(schema, ["cameras", "*"])?.properties ?? {}).filter(([, one]) => one.properties);
  const free = sections.flatMap(([section, one]) => Object.keys(one.properties ?? {}).map((key) => `${section}.${key}`)).filter((place) => !shown.includes(place) && usual(place));
  return (
    <div className="stack">
      <h3>Its own</h3>
      {shown.map((place) => (
        <div key={place} className="setting">
          <div>
            <p>{capital(usual(place)?.description ?? place)}</p>
            <p className="small muted">
              <code>{place}</code> with the others: {textOf(usual(place)?.value)}
            </p>
          </div>
          <div className="setting-value">
            <Control label={place} schema={schemaAt(schema, place.split("."))} value={changed[place] ?? said[place]} fault={faultAt(place)} onChange={(value) => onChange({ ...changed, [place]: value })} />
            <IconButton hint={`${place}: as with the others`} onPress={() => onChange({ ...changed, [place]: null })}>
              <Undo2 aria-hidden />
            </IconButton>
          </div>
        </div>
      ))}
      <Select
        label="Have something else for this camera alone"
        placeholder="Choose a setting"
        options={free.map((place) => ({ id: place, label: place, icon: <Plus aria-hidden /> }))}
        value={null}
        onChange={(place) => onChange({ ...changed, [place]: (usual(place)?.value ?? "") as Value })}
      />
    </div>
  );
}
