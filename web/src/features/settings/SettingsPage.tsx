/** Settings: what is in force, where it comes from, and what it is to be. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { useMemo, useState } from "react";
import { api, Problem, told } from "@/shared/api/client";
import type { Setting } from "@/shared/api/types";
import { Button, Field, Switch } from "@/shared/ui/controls";
import { Empty, Failure, Loaded, Notice, Page } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { count } from "@/shared/ui/words";
import type { Schema } from "./fields";
import { SettingRow } from "./SettingRow";
import "./settings.css";

export default function SettingsPage() {
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => told(api.GET("/api/v1/settings")) });
  const schema = useQuery({ queryKey: ["settings", "schema"], queryFn: () => told(api.GET("/api/v1/settings/schema")), staleTime: Infinity });
  return (
    <Page title="Settings" about="What is in force, and where each value comes from: the defaults, the settings file, the environment, or this page.">
      {schema.error && <Failure error={schema.error} again={() => void schema.refetch()} />}
      <Loaded of={settings}>{({ items }) => <Everything settings={items} schema={(schema.data ?? {}) as Schema} />}</Loaded>
    </Page>
  );
}

function Everything({ settings, schema }: { settings: Setting[]; schema: Schema }) {
  const [typed, setTyped] = useState("");
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [changed, setChanged] = useState<Readonly<Record<string, unknown>>>({});
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [told_, setTold] = useState<Readonly<Record<string, string>>>({});
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => told(api.PATCH("/api/v1/settings", { body: changed })),
    onSuccess: async () => {
      say("Saved.");
      setChanged({});
      setTold({});
      await queries.invalidateQueries({ queryKey: ["settings"] });
    },
    onError: (error) => {
      sayFailure(error);
      if (error instanceof Problem) setTold(Object.fromEntries(error.faults.map((one) => [one.where.replace(/^body\./, ""), one.what])));
    },
  });
  const groups = useMemo(() => {
    const word = typed.trim().toLowerCase();
    const shown = settings.filter((one) => (!word || `${one.key} ${one.description}`.toLowerCase().includes(word)) && (!onlyChanged || one.source !== "default"));
    const found = new Map<string, Setting[]>();
    for (const one of shown) {
      const group = one.key.split(".")[0] ?? "";
      found.set(group, [...(found.get(group) ?? []), one]);
    }
    return found;
  }, [settings, typed, onlyChanged]);
  const change = (one: Setting, value: unknown, fault: string) => {
    const isSame = JSON.stringify(value) === JSON.stringify(one.value);
    setChanged(Object.fromEntries([...Object.entries(changed).filter(([key]) => key !== one.key), ...(isSame ? [] : [[one.key, value]])]));
    setFaults({ ...faults, [one.key]: fault });
    setTold({ ...told_, [one.key]: "" });
  };
  const pending = settings.filter((one) => one.is_pending);
  const number = Object.keys(changed).length;
  const isWrong = Object.entries(faults).some(([key, fault]) => fault && key in changed);
  return (
    <>
      {pending.length > 0 && (
        <Notice tone="warning">
          {count(pending.length, "setting")} {pending.length === 1 ? "waits" : "wait"} for a restart of mien: {pending.map((one) => one.key).join(", ")}.
        </Notice>
      )}
      <div className="setting-filters">
        <Field label="Search settings" hidesLabel type="search" value={typed} onChange={setTyped} placeholder="Search" />
        <Switch isOn={onlyChanged} onChange={setOnlyChanged}>
          Only what is not the default
        </Switch>
      </div>
      {[...groups].map(([group, own]) => (
        <section key={group} className="card" aria-label={group}>
          <h2 className="mono">{group}</h2>
          {own.map((one) => (
            <SettingRow key={`${one.key} ${JSON.stringify(one.value)}`} setting={one} schema={schema} fault={faults[one.key] || told_[one.key] || ""} isChanged={one.key in changed} onChange={(value, fault) => change(one, value, fault)} />
          ))}
        </section>
      ))}
      {!groups.size && (
        <Empty icon={SlidersHorizontal} title="No setting of that name">
          Search for another word, or show the defaults, too.
        </Empty>
      )}
      {number > 0 && (
        <div className="save-bar">
          <span>{count(number, "change")} not saved yet</span>
          <span className="row">
            <Button
              onPress={() => {
                setChanged({});
                setFaults({});
                void queries.invalidateQueries({ queryKey: ["settings"] });
              }}
            >
              Discard
            </Button>
            <Button look="main" isDisabled={isWrong || save.isPending} onPress={() => save.mutate()}>
              {save.isPending ? "Saving…" : "Save"}
            </Button>
          </span>
        </div>
      )}
    </>
  );
}
