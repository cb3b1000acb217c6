/** Settings in plain words: what they are called, who says them, and how a place is spelt as a key. */
import type { Setting } from "@/shared/api/types";

/** A place as a key; a step that a dot would part stands in quotes. */
export const keyOf = (place: readonly string[]): string => place.map((one) => (!one || /[."]/.test(one) ? JSON.stringify(one) : one)).join(".");

/** A sentence of the settings as it stands on a page. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).replaceAll("`", "");

/** The keys of a section as a heading: “Privacy: retention”. */
export function headingOf(section: readonly string[]): string {
  return section.length ? capital(section.map((one) => one.replaceAll("_", " ")).join(": ")) : "Everything else";
}

/** Who says a value. */
export function sourceOf({ source }: Setting): string {
  if (source === "default") return "by default";
  if (source === "calibration") return "as measured with your people";
  if (source.startsWith("model ")) return `as ${source.slice("model ".length)} needs it`;
  if (source.startsWith("--")) return `by the option ${source}`;
  const [file, line] = source.split(/:(?=\d+$)/);
  return line ? `${file}, line ${line}` : `by the variable ${source}`;
}

/** Whether somebody wrote a value into the file, and so may take it back. */
export const isWritten = ({ source, fixed }: Setting): boolean => !fixed && /:\d+$/.test(source);

export const matches = (one: Setting, word: string): boolean => `${one.key} ${one.description} ${one.source}`.toLowerCase().includes(word);
