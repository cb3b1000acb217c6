/** How each setting is edited, and whether what is typed can be one: read from the JSON schema of the service. */

export interface Schema {
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  description?: string;
}

/** The schema at a place, or none; cameras of all names are alike. */
export function schemaAt(root: Schema, place: readonly string[]): Schema | null {
  let at: Schema | undefined = root;
  for (const step of place) {
    const others: Schema | boolean | undefined = at?.additionalProperties;
    at = at?.properties?.[step] ?? (typeof others === "object" ? others : undefined);
  }
  return at ?? null;
}

export type Kind = "switch" | "choice" | "several" | "number" | "lines" | "text";

export interface Editing {
  kind: Kind;
  choices: string[];
  isWhole: boolean;
  mayBeNone: boolean;
  schema: Schema;
}

const LONG = 60; // characters that one line shows

export function editingOf(schema: Schema | null, value: unknown): Editing {
  const others = (schema?.anyOf ?? []).filter((one) => one.type !== "null");
  const own = (others.length === 1 ? { ...schema, ...others[0] } : schema) ?? {};
  const mayBeNone = (schema?.anyOf ?? []).length > others.length;
  const choices = (own.enum ?? own.items?.enum ?? []).map(String);
  return { kind: kindOf(own, value), choices, isWhole: own.type === "integer", mayBeNone, schema: own };
}

function kindOf(own: Schema, value: unknown): Kind {
  if (own.enum) return "choice";
  if (own.type === "array") return "several";
  if (own.type === "boolean") return "switch";
  if (own.type === "integer" || own.type === "number") return "number";
  return typeof value === "string" && (value.length > LONG || value.includes("\n")) ? "lines" : "text";
}

/** What was typed as a value, or what is wrong with it. */
export function valueOf(text: string, editing: Editing): { value: string | number | null } | { fault: string } {
  if (!text.trim() && editing.mayBeNone) return { value: null };
  return editing.kind === "number" ? numberOf(text, editing) : { value: text };
}

function numberOf(text: string, { schema: { minimum, maximum }, isWhole }: Editing): { value: number } | { fault: string } {
  const value = Number(text.replace(",", "."));
  if (!text.trim() || !Number.isFinite(value)) return { fault: "A number is needed." };
  if (isWhole && !Number.isInteger(value)) return { fault: "A whole number is needed." };
  if (minimum !== undefined && value < minimum) return { fault: `At least ${minimum}.` };
  if (maximum !== undefined && value > maximum) return { fault: `At most ${maximum}.` };
  return { value };
}

/** The bounds of a number as “0 to 1”, or nothing. */
export function boundsOf({ kind, schema: { minimum, maximum } }: Editing): string {
  return kind === "number" && minimum !== undefined && maximum !== undefined ? `${minimum.toLocaleString()} to ${maximum.toLocaleString()}` : "";
}

/** A value as it is shown and typed. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(", ");
  return String(value);
}
