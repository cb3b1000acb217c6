/** One setting: what it is for, its value, who says it, and what is in force until the restart. */
import { Undo2 } from "lucide-react";
import { useState } from "react";
import type { Setting } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/controls";
import { Badge } from "@/shared/ui/page";
import { Control } from "./Control";
import { type Schema, schemaAt, textOf } from "./fields";
import type { Value } from "./queries";
import { capital, isWritten, sourceOf } from "./wording";

interface Props {
  setting: Setting;
  schema: Schema;
  fault: string;
  changed: Value | undefined;
  /** How often all changes were discarded. */
  discarded: number;
  onChange: (value: Value | undefined, fault: string) => void;
}

const NONE = "none";

export function SettingRow({ setting, schema, fault, changed, discarded, onChange }: Props) {
  const [turns, setTurns] = useState(0);
  const turn = (to: Value | undefined) => {
    setTurns(turns + 1); // what was typed goes with it
    onChange(to, "");
  };
  const { key, value, description, fixed } = setting;
  const isChanged = changed !== undefined;
  const shown = changed === undefined ? value : changed === null ? setting.default : changed;
  const isUsual = JSON.stringify(setting.default) === JSON.stringify(value);
  return (
    <div className={isChanged ? "setting changed" : "setting"}>
      <div>
        <p>{capital(description)}</p>
        <p className="row small">
          <code className="muted">{key}</code>
          <Badge tone={isUsual ? "" : "accent"}>{isChanged ? "not saved yet" : sourceOf(setting)}</Badge>
          {!isUsual && <span className="muted">default: {textOf(setting.default) || NONE}</span>}
        </p>
        {setting.is_pending && !isChanged && (
          <p className="small pending">
            In force until {setting.applies === "restart" ? "the restart" : "mien is started anew"}: {textOf(setting.in_force) || NONE}
          </p>
        )}
      </div>
      <div className="setting-value">
        {fixed ? (
          <>
            <p className="mono">{textOf(value) || NONE}</p>
            <p className="muted small">{capital(fixed)}.</p>
          </>
        ) : (
          <>
            <Control key={`${discarded} ${turns} ${JSON.stringify(value)}`} label={key} schema={schemaAt(schema, setting.place)} value={shown} fault={fault} onChange={onChange} />
            {isChanged ? (
              <IconButton hint={`Leave ${key} as it was`} onPress={() => turn(undefined)}>
                <Undo2 aria-hidden />
              </IconButton>
            ) : (
              isWritten(setting) && (
                <IconButton hint={`${key}: back to the default, ${textOf(setting.default) || NONE}`} onPress={() => turn(null)}>
                  <Undo2 aria-hidden />
                </IconButton>
              )
            )}
          </>
        )}
      </div>
    </div>
  );
}
