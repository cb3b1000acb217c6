/** Sends pictures of somebody, in parts that the service takes, each of them once however often it is tried. */
import { api, Problem, told } from "@/shared/api/client";
import { parts, type Sent } from "@/shared/api/parts";
import type { ConsentAsked, Enrolled, PersonCard } from "@/shared/api/types";

const REFUSED = 422;

/** Who is enrolled: somebody who is there already, or somebody new by name; and what they consent to. */
export interface Subject {
  person: PersonCard | null;
  name: string;
  consent: ConsentAsked;
}

interface Part {
  key: string;
  /** The person as they were when it was sent. */
  seen: string;
  answer: Enrolled | null;
}

/** What is known of somebody who is being enrolled, across all tries: who they became, and which pictures arrived. */
export class Enrolment {
  private person: { name: string; id: string; etag: string } | null = null;
  private tried = new Map<string, Part>();

  /** Enrol; tells how many pictures were dealt with. Whatever comes after the first part goes to the same person. */
  async send(subject: Subject, pictures: readonly Sent[], onDone: (count: number) => void = () => {}): Promise<Enrolled> {
    let whole: Enrolled | null = null;
    let done = 0;
    let seen = subject.person?.etag ?? this.made(subject)?.etag ?? "";
    for (const part of parts(pictures)) {
      const one = this.partOf(subject, part);
      if (!one.answer) {
        one.seen = seen;
        one.answer = await this.answered(subject, part, one, whole !== null);
      }
      const { person_id, etag } = one.answer;
      if (etag && one.seen === seen) seen = etag; // unless they were looked at anew since
      if (person_id && !subject.person) this.person = { name: subject.name.trim(), id: person_id, etag: seen };
      whole = whole ? joined(whole, one.answer) : one.answer;
      onDone((done += part.length));
    }
    if (!whole) throw new Error("There is no picture to send.");
    this.tried.clear(); // the same pictures may be sent once more, and are then told to be there already
    return whole;
  }

  /** Whoever was made under a name, if anybody was. */
  made({ name }: Pick<Subject, "name">): { id: string; etag: string } | null {
    return this.person?.name === name.trim() ? this.person : null;
  }

  private async answered(subject: Subject, part: readonly Sent[], { key, seen }: Part, isLater: boolean): Promise<Enrolled> {
    const form = formOf(subject, part);
    const header = { "Idempotency-Key": key };
    const body = { pictures: [] }; // the typed client knows of no files: the form is what is sent
    const bodySerializer = () => form;
    const person_id = subject.person?.person_id ?? this.made(subject)?.id;
    try {
      if (person_id) return await told(api.POST("/api/v1/people/{person_id}/pictures", { params: { header: { ...header, ...(seen && { "If-Match": seen }) }, path: { person_id } }, body, bodySerializer }));
      form.append("name", subject.name.trim());
      return await told(api.POST("/api/v1/people", { params: { header }, body: { ...body, name: "" }, bodySerializer }));
    } catch (error) {
      if (isLater && error instanceof Problem && error.status === REFUSED) return refused(part, error.message);
      throw error;
    }
  }

  /** Of the same pictures under the same terms, what is known from an earlier try. */
  private partOf(subject: Subject, part: readonly Sent[]): Part {
    const same = JSON.stringify([subject.person?.person_id ?? subject.name.trim(), subject.consent, part.map((one) => numberOf(one.picture))]);
    const known = this.tried.get(same) ?? { key: newKey(), seen: "", answer: null };
    this.tried.set(same, known);
    return known;
  }
}

const numbers = new WeakMap<Blob, number>();
let last = 0;

function numberOf(picture: Blob): number {
  const number = numbers.get(picture) ?? ++last;
  numbers.set(picture, number);
  return number;
}

// crypto.randomUUID is there on pages over https and at localhost only.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");

function formOf(subject: Subject, part: readonly Sent[]): FormData {
  const form = new FormData();
  const { scopes, version, evidence, expires_at } = subject.consent;
  scopes.forEach((one) => form.append("scopes", one));
  form.append("version", version ?? "");
  form.append("evidence", evidence ?? "");
  if (expires_at) form.append("expires_at", expires_at);
  part.forEach((one) => form.append("pictures", one.picture, one.name));
  return form;
}

/** A later part of which the service took nothing: the others are in nevertheless. */
function refused(part: readonly Sent[], reason: string): Enrolled {
  const pictures = part.map((one) => ({ picture: one.name, outcome: "refused" as const, reason }));
  return { person_id: null, etag: null, is_new: false, is_dry_run: false, is_declared: false, accepted: 0, skipped: 0, refused: part.length, pictures };
}

function joined(one: Enrolled, next: Enrolled): Enrolled {
  return {
    ...one,
    person_id: one.person_id ?? next.person_id,
    etag: next.etag ?? one.etag,
    accepted: one.accepted + next.accepted,
    skipped: one.skipped + next.skipped,
    refused: one.refused + next.refused,
    pictures: [...one.pictures, ...next.pictures],
  };
}
