/** Sends pictures of somebody, in parts that the service takes, each of them once however often it is tried. */
import { sendForm } from "@/shared/api/client";
import type { Enrolled } from "@/shared/api/types";
import { CONSENT_VERSION } from "@/shared/people/consent";
import type { Subject } from "./EnrolPage";

export const MOST_PICTURES = 50;
const MOST_BYTES = 60 << 20;

export interface Sent {
  name: string;
  picture: Blob;
}

/** Pictures in parts of at most so many files and bytes, in order. */
export function parts(pictures: readonly Sent[], most = MOST_PICTURES, bytes = MOST_BYTES): Sent[][] {
  const all: Sent[][] = [];
  let size = 0;
  for (const one of pictures) {
    const last = all.at(-1);
    if (!last || last.length >= most || size + one.picture.size > bytes) {
      all.push([one]);
      size = one.picture.size;
    } else {
      last.push(one);
      size += one.picture.size;
    }
  }
  return all;
}

/** Enrol; tells how many pictures were dealt with. Whatever comes after the first part goes to the same person. */
export async function enrol(subject: Subject, pictures: readonly Sent[], onDone: (count: number) => void = () => {}): Promise<Enrolled> {
  let whole: Enrolled | null = null;
  let done = 0;
  for (const part of parts(pictures)) {
    const personId: string | null = subject.person?.person_id ?? whole?.person_id ?? null;
    const answer: Enrolled = await sendForm<Enrolled>(personId ? `/people/${personId}/pictures` : "/people", formOf(subject, part, !personId));
    whole = whole ? joined(whole, answer) : answer;
    onDone((done += part.length));
  }
  if (!whole) throw new Error("There is no picture to send.");
  return whole;
}

function formOf(subject: Subject, part: readonly Sent[], isNew: boolean): FormData {
  const form = new FormData();
  if (isNew) form.append("name", subject.name.trim());
  if (subject.evidence.trim()) {
    subject.scopes.forEach((one) => form.append("scopes", one));
    form.append("version", CONSENT_VERSION);
    form.append("evidence", subject.evidence.trim());
  } else if (subject.scopes.length < 3) {
    subject.scopes.forEach((one) => form.append("scopes", one));
    form.append("version", CONSENT_VERSION);
    form.append("evidence", "declared in the app");
  }
  part.forEach((one) => form.append("pictures", one.picture, one.name));
  return form;
}

function joined(one: Enrolled, next: Enrolled): Enrolled {
  return {
    ...one,
    person_id: one.person_id ?? next.person_id,
    accepted: one.accepted + next.accepted,
    skipped: one.skipped + next.skipped,
    refused: one.refused + next.refused,
    pictures: [...one.pictures, ...next.pictures],
  };
}
