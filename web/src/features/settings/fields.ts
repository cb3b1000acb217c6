/** How each setting is edited, and whether what is typed can be one: read from the JSON schema of the service. */

export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  description?: string;
}

/** The schema of a dotted key, or none. */
export function schemaOf(root: Schema, key: string): Schema | null {
  let at: Schema | null = root;
  for (const part of key.split(".")) {
    at = at ? (resolved(root, at).properties?.[part] ?? null) : null;
  }
  return at && resolved(root, at);
}

function resolved(root: Schema, one: Schema): Schema {
  if (one.$ref) {
    const { $ref, ...own } = one;
    return { ...resolved(root, root.$defs?.[$ref.split("/").at(-1) ?? ""] ?? {}), ...own };
  }
  if (one.allOf?.length === 1 && one.allOf[0]) return { ...resolved(root, one.allOf[0]), ...one, allOf: [] };
  return one;
}

export type Kind = "switch" | "choice" | "number" | "text" | "json";

export interface Editing {
  kind: Kind;
  choices: string[];
  isWhole: boolean;
  mayBeNone: boolean;
  schema: Schema;
}

export function editingOf(schema: Schema | null, value: unknown): Editing {
  const several = schema?.anyOf ?? [];
  const mayBeNone = several.some((one) => one.type === "null");
  const others = several.filter((one) => one.type !== "null");
  const own = (others.length === 1 ? { ...schema, ...others[0] } : schema) ?? {};
  const more = { mayBeNone, schema: own, choices: (own.enum ?? []).map(String), isWhole: own.type === "integer" };
  if (own.enum) return { ...more, kind: "choice" };
  if (own.type === "boolean" || (!own.type && typeof value === "boolean")) return { ...more, kind: "switch" };
  if (own.type === "integer" || own.type === "number" || (!own.type && typeof value === "number")) return { ...more, kind: "number" };
  if (own.type === "string" || (!own.type && typeof value === "string")) return { ...more, kind: "text" };
  return { ...more, kind: "json" };
}

/** What was typed as a value, or what is wrong with it. */
export function valueOf(text: string, editing: Editing): { value: unknown } | { fault: string } {
  if (!text.trim() && editing.mayBeNone) return { value: null };
  if (editing.kind === "number") return numberOf(text, editing);
  if (editing.kind === "json") {
    try {
      return { value: JSON.parse(text) as unknown };
    } catch {
      return { fault: "This is not JSON." };
    }
  }
  return { value: text };
}

function numberOf(text: string, { schema, isWhole }: Editing): { value: number } | { fault: string } {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value)) return { fault: "Expected is a number." };
  if (isWhole && !Number.isInteger(value)) return { fault: "Expected is a whole number." };
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && value < minimum) return { fault: `At least ${minimum}.` };
  if (maximum !== undefined && value > maximum) return { fault: `At most ${maximum}.` };
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return { fault: `More than ${exclusiveMinimum}.` };
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) return { fault: `Less than ${exclusiveMaximum}.` };
  return { value };
}

/** A value as it is shown and typed. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}
