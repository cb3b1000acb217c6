/** From when to when, and in which steps where there are any. */
import { useEffect, useState } from "react";
import type { Span } from "@/shared/api/types";
import { PRESETS, upToNow } from "./presets";
import type { Period } from "./queries";
import { LENGTH_MS, spanFor } from "./shares";
import { Field, Select } from "@/shared/ui/controls";

const SPANS = [
  { id: "minute", label: "Minutes" },
  { id: "hour", label: "Hours" },
  { id: "day", label: "Days" },
];
const MOST_COLUMNS = 2000;

interface RangeProps {
  period: Period;
  onChange: (period: Period) => void;
  hasSteps?: boolean;
  mostDays?: number;
  /** Told whether what is typed cannot be taken: as long as it cannot, ``period`` is not what is asked for. */
  onFault?: (isFaulty: boolean) => void;
}

type Typed = { begin?: string; end?: string };

export function Range({ period, onChange, hasSteps = true, mostDays = MOST_COLUMNS, onFault }: RangeProps) {
  const [typed, setTyped] = useState<Typed>({});
  const [fault, setFault] = useState<{ key: keyof Typed; text: string } | null>(null);
  const meant = (all: Typed) => ({ begin: momentOf(all.begin, period.begin), end: momentOf(all.end, period.end) });
  // Told as typing goes on, before the fault is shown: nothing is to be disabled in the midst of being pressed.
  const isFaulty = (Object.keys(typed) as (keyof Typed)[]).some((key) => faultOf(meant(typed), key, mostDays));
  useEffect(() => {
    onFault?.(isFaulty);
    return () => onFault?.(false);
  }, [isFaulty, onFault]);
  const take = (next: Period) => {
    setTyped({});
    setFault(null);
    if (next.begin !== period.begin || next.end !== period.end) onChange(next);
  };
  const type = (key: keyof Typed, text: string) => {
    const all = { ...typed, [key]: text };
    setTyped(all);
    if (fault && !faultOf(meant(all), fault.key, mostDays)) setFault(null);
  };
  const apply = (key: keyof Typed) => {
    const next = meant(typed);
    const text = faultOf(next, key, mostDays);
    if (text) setFault({ key, text });
    else take({ ...next, span: spanFor(next.begin, next.end) });
  };
  const field = (label: string, key: keyof Typed) => (
    <Field
      label={label}
      type={"datetime-local" as "text"}
      value={typed[key] ?? local(period[key])}
      onChange={(text) => type(key, text)}
      onBlur={() => key in typed && apply(key)}
      onKeyDown={(event) => event.key === "Enter" && apply(key)}
      {...(fault?.key === key ? { fault: fault.text } : {})}
    />
  );
  const open = SPANS.filter((one) => (period.end - period.begin) / LENGTH_MS[one.id as Span] <= MOST_COLUMNS);
  return (
    <>
      <Select label="Period" options={PRESETS} value={period.preset ?? null} placeholder="As dated" onChange={(id) => take(upToNow(id))} />
      {field("From", "begin")}
      {field("To", "end")}
      {hasSteps && <Select label="In steps of" options={open} value={period.span} onChange={(span) => onChange({ ...period, span: span as Span })} />}
    </>
  );
}

/** What was typed as a moment, or the one there was where nothing else was typed. */
function momentOf(text: string | undefined, before: number): number {
  return text === undefined || text === local(before) ? before : new Date(text).getTime();
}

function faultOf({ begin, end }: { begin: number; end: number }, key: keyof Typed, mostDays: number): string {
  if (!Number.isFinite({ begin, end }[key])) return "A whole date and time is needed.";
  if (begin >= end) return key === "begin" ? "This is not before To." : "This is not after From.";
  if (end - begin > mostDays * LENGTH_MS.day) return `At most ${mostDays.toLocaleString()} days are shown.`;
  return Number.isFinite(begin + end) ? "" : "The other date is not whole yet.";
}

/** A moment as an input of date and time takes it: local, to the minute. */
export function local(moment: number): string {
  return new Date(moment - new Date(moment).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
