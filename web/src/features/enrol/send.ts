/** Sends pictures of somebody, in parts that the service takes, each of them once however often it is tried. */
import { sendForm } from "@/shared/api/client";
import { parts, type Sent } from "@/shared/api/parts";
import type { Enrolled } from "@/shared/api/types";
import { consentAsked } from "@/shared/people/consent";
import type { Subject } from "./EnrolPage";

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
  const consent = consentAsked(subject.scopes, subject.evidence);
  if (consent) {
    consent.scopes.forEach((one) => form.append("scopes", one));
    form.append("version", consent.version ?? "");
    form.append("evidence", consent.evidence ?? "");
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
