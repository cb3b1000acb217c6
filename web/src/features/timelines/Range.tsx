/** From when to when, and in which steps. */
import type { Span } from "@/shared/api/types";
import { lastDays, type Period } from "@/shared/timeline/queries";
import { LENGTH_MS, spanFor } from "@/shared/timeline/shares";
import { Field, Select } from "@/shared/ui/controls";

const SPANS = [
  { id: "minute", label: "Minutes" },
  { id: "hour", label: "Hours" },
  { id: "day", label: "Days" },
];
const MOST_COLUMNS = 2000;

export function startRange(): Period {
  const { begin, end } = lastDays(7);
  return { begin, end, span: spanFor(begin, end) };
}

export function Range({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const set = (key: "begin" | "end", text: string) => {
    const moment = new Date(text).getTime();
    const next = { ...period, [key]: moment };
    if (Number.isFinite(moment) && next.begin < next.end) onChange({ ...next, span: spanFor(next.begin, next.end) });
  };
  const open = SPANS.filter((one) => (period.end - period.begin) / LENGTH_MS[one.id as Span] <= MOST_COLUMNS);
  return (
    <>
      <Field label="From" type={"datetime-local" as "text"} value={local(period.begin)} onChange={(text) => set("begin", text)} />
      <Field label="To" type={"datetime-local" as "text"} value={local(period.end)} onChange={(text) => set("end", text)} />
      <Select label="In steps of" options={open} value={period.span} onChange={(span) => onChange({ ...period, span: span as Span })} />
    </>
  );
}

/** A moment as an input of date and time takes it: local, to the minute. */
export function local(moment: number): string {
  return new Date(moment - new Date(moment).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
