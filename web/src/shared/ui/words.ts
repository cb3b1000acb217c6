/** Numbers and moments in words, in the language and the clock of whoever reads them; and what the service says, as sentences. */

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const DAY_UTC = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];

export const moment = (iso: string): string => MOMENT.format(new Date(iso));
export const day = (iso: string): string => DAY.format(new Date(iso));
/** A day of universal time, which may begin and end at another hour than here: it is said. */
export const dayUtc = (iso: string): string => `${DAY_UTC.format(new Date(iso))} (UTC)`;
export const time = (iso: string): string => TIME.format(new Date(iso));

/** How long ago a moment was, as “3 hours ago”. */
export function ago(iso: string, now = Date.now()): string {
  let amount = (new Date(iso).getTime() - now) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return AGO.format(Math.round(amount), unit);
    amount /= size;
  }
  return day(iso);
}

/** A span of seconds as “2 h 5 min”. */
export function lasting(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

export function bytes(amount: number): string {
  const step = amount <= 0 ? 0 : Math.min(3, Math.floor(Math.log10(amount) / 3));
  const value = amount / 1000 ** step;
  return `${value.toFixed(step && value < 100 ? 1 : 0)} ${["B", "kB", "MB", "GB"][step]}`;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** “1 picture”, “3 pictures”. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString()} ${amount === 1 ? one : many}`;
}

/** What the service says, as a page begins it. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The same with its full stop. */
export const sentence = (text: string): string => capital(text) + (/[.!?]$/.test(text) ? "" : ".");
