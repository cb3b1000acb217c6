/** The control that fits one setting. */
import { useState } from "react";
import { CheckBox, Field, Select, Switch } from "@/shared/ui/controls";
import { boundsOf, editingOf, type Schema, textOf, valueOf } from "./fields";
import type { Value } from "./queries";

interface Props {
  label: string;
  schema: Schema | null;
  value: unknown;
  fault: string;
  onChange: (value: Value, fault: string) => void;
}

const NONE = "none";

export function Control({ label, schema, value, fault, onChange }: Props) {
  const editing = editingOf(schema, value);
  const [text, setText] = useState(textOf(value));
  const type = (typed: string) => {
    setText(typed);
    const read = valueOf(typed, editing);
    if ("fault" in read) onChange(typed, read.fault);
    else onChange(read.value, "");
  };
  const told = fault && <p className="fault">{fault}</p>;
  if (editing.kind === "switch")
    return (
      <>
        <Switch isOn={value === true} onChange={(is) => onChange(is, "")}>
          <span className="unseen">{label}</span>
          {value === true ? "on" : "off"}
        </Switch>
        {told}
      </>
    );
  if (editing.kind === "choice")
    return (
      <>
        <Select label={label} hidesLabel options={editing.choices.map((one) => ({ id: one, label: one || NONE }))} value={textOf(value)} onChange={(id) => onChange(id, "")} />
        {told}
      </>
    );
  if (editing.kind === "several") {
    const chosen = Array.isArray(value) ? value.map(String) : [];
    const all = [...new Set([...editing.choices, ...chosen])];
    return (
      <div role="group" aria-label={label} className="several">
        {all.map((one) => (
          <CheckBox key={one} isOn={chosen.includes(one)} onChange={(is) => onChange(is ? [...chosen, one] : chosen.filter((other) => other !== one), "")}>
            {one}
          </CheckBox>
        ))}
        {!all.length && <span className="muted">none</span>}
        {told}
      </div>
    );
  }
  const bounds = boundsOf(editing);
  return (
    <Field
      label={label}
      hidesLabel
      value={text}
      onChange={type}
      inputMode={editing.kind === "number" ? "decimal" : "text"}
      {...(editing.kind === "lines" ? { rows: 4 } : {})}
      {...(editing.mayBeNone ? { placeholder: NONE } : {})}
      {...(bounds ? { hint: bounds } : {})}
      {...(fault ? { fault } : {})}
    />
  );
}
