/** The cameras that are watched: which there are, and adding, changing and removing one. */
import { Link } from "@tanstack/react-router";
import { Cctv, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton, Switch } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Badge, Empty } from "@/shared/ui/page";
import { say } from "@/shared/ui/toasts";
import { CameraDialog } from "./CameraDialog";
import { type CameraTold, camerasOf } from "./cameras";
import type { Schema } from "./fields";
import { type Seen, useChange } from "./queries";
import { capital, keyOf } from "./wording";

const STATE: Record<CameraTold["state"], { label: string; tone: "" | "good" | "warning" }> = {
  watched: { label: "watched", tone: "good" },
  off: { label: "switched off", tone: "" },
  added: { label: "watched after the restart", tone: "warning" },
  changed: { label: "changed after the restart", tone: "warning" },
  removed: { label: "gone after the restart", tone: "warning" },
};

export function Cameras({ seen, schema }: { seen: Seen; schema: Schema }) {
  const [open, setOpen] = useState<CameraTold | "new" | null>(null);
  const [leaving, setLeaving] = useState<CameraTold | null>(null);
  const change = useChange(seen);
  const cameras = camerasOf(seen.items);
  const fixed = cameras.find((one) => one.fixed)?.fixed ?? "";
  const ask = (one: CameraTold) => {
    change.begin();
    setLeaving(one);
  };
  const close = () => {
    change.end();
    setLeaving(null);
  };
  const remove = ({ name }: CameraTold) =>
    change.mutate(
      { [keyOf(["cameras", name])]: null },
      {
        onSuccess: () => {
          close();
          say(`${name} is not watched any more after the restart.`);
        },
      },
    );
  const add = (
    <Button look="main" onPress={() => setOpen("new")}>
      <Plus aria-hidden /> Add a camera
    </Button>
  );
  return (
    <section className="card stack" aria-labelledby="cameras-heading">
      <div className="row apart">
        <h2 id="cameras-heading">Cameras</h2>
        {!fixed && cameras.length > 0 && add}
      </div>
      {fixed && <p className="muted">{capital(fixed)}. Which cameras there are is settled there.</p>}
      {cameras.length > 0 ? (
        <ul className="camera-list">
          {cameras.map((one) => (
            <li key={one.name} className="camera-line">
              <div>
                <p className="row">
                  <strong>{one.name}</strong> <Badge tone={STATE[one.state].tone}>{STATE[one.state].label}</Badge>
                </p>
                <p className="mono muted">{one.source}</p>
                {one.own.length > 0 && <p className="small muted">Its own: {one.own.map((own) => `${own.place.slice(2).join(".")} ${String(own.value)}`).join(", ")}</p>}
              </div>
              {!one.fixed && one.state !== "removed" && (
                <div className="row">
                  <Switch isOn={one.isEnabled} isDisabled={change.isPending} onChange={(is) => change.mutate({ [keyOf(["cameras", one.name, "enabled"])]: is })}>
                    <span className="unseen">{one.name}</span> {one.isEnabled ? "on" : "off"}
                  </Switch>
                  <IconButton hint={`Change ${one.name}`} onPress={() => setOpen(one)}>
                    <Pencil aria-hidden />
                  </IconButton>
                  <IconButton hint={`Remove ${one.name}`} onPress={() => ask(one)}>
                    <Trash2 aria-hidden />
                  </IconButton>
                </div>
              )}
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon={Cctv} title="No camera yet" action={add}>
          Add a network camera by its address, or a webcam of the machine that mien runs on. <Link to="/this-camera">This browser’s camera</Link> needs no setting.
        </Empty>
      )}
      {open && <CameraDialog key={open === "new" ? "" : open.name} camera={open === "new" ? null : open} taken={cameras.map((one) => one.name)} seen={seen} schema={schema} onClose={() => setOpen(null)} />}
      {leaving && (
        <Ask title={`Remove ${leaving.name}?`} verb="Remove" isDangerous isOpen isBusy={change.isPending} onClose={close} onYes={() => remove(leaving)}>
          <p>mien stops watching it after the restart, and its address and what is its own leave the settings. What it has seen so far stays.</p>
        </Ask>
      )}
    </section>
  );
}
