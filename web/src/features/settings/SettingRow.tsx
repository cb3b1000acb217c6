/** One setting: its value, its origin, and a control that fits. */
import { useState } from "react";
import type { Setting } from "@/shared/api/types";
import { Field, Select, Switch } from "@/shared/ui/controls";
import { Badge } from "@/shared/ui/page";
import { editingOf, type Schema, schemaOf, textOf, valueOf } from "./fields";

interface RowProps {
  setting: Setting;
  schema: Schema;
  fault: string;
  isChanged: boolean;
  onChange: (value: unknown, fault: string) => void;
}

const NONE = "—";

export function SettingRow({ setting, schema, fault, isChanged, onChange }: RowProps) {
  const { key, value, source, needs_restart, description } = setting;
  const editing = editingOf(schemaOf(schema, key), value);
  const [text, setText] = useState(textOf(value));
  const label = key.split(".").slice(1).join(".") || key;
  const type = (typed: string) => {
    setText(typed);
    const read = valueOf(typed, editing);
    if ("fault" in read) onChange(typed, read.fault);
    else onChange(read.value, "");
  };
  return (
    <div className={isChanged ? "setting changed" : "setting"}>
      <div>
        <p className="mono setting-name">{label}</p>
        {description && <p className="muted small">{description}</p>}
        <p className="row small">
          <Badge tone={source === "default" ? "" : "accent"}>{source}</Badge>
          {needs_restart && <span className="muted">takes effect at the next start</span>}
          {source !== "default" && <span className="muted">default: {textOf(setting.default) || NONE}</span>}
        </p>
      </div>
      <div>
        {editing.kind === "switch" ? (
          <Switch isOn={text === "true"} onChange={(is) => (setText(String(is)), onChange(is, ""))}>
            <span className="unseen">{key}</span>
            {text === "true" ? "on" : "off"}
          </Switch>
        ) : editing.kind === "choice" ? (
          <Select label={key} hidesLabel options={editing.choices.map((one) => ({ id: one, label: one || NONE }))} value={text} onChange={type} />
        ) : (
          <Field label={key} hidesLabel value={text} onChange={type} {...(editing.kind === "json" ? { rows: 3 } : {})} inputMode={editing.kind === "number" ? "decimal" : "text"} {...(editing.mayBeNone ? { placeholder: NONE } : {})} {...(fault ? { fault } : {})} />
        )}
      </div>
    </div>
  );
}
