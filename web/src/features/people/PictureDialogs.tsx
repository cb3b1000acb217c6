/** Where selected pictures go: to somebody who is known, or to somebody new. */
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { PersonCard } from "@/shared/api/types";
import { seenOf, type useChange } from "@/shared/people/change";
import { ConsentForm, isEnough, useConsent } from "@/shared/people/consent";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { count } from "@/shared/ui/words";

interface Props {
  person: PersonCard;
  pictureIds: number[];
  change: ReturnType<typeof useChange>;
  onClose: () => void;
}

export function MovePictures({ person, pictureIds, change, onClose }: Props) {
  // As the person was, and which pictures were meant, when this was opened: whoever was changed since is looked at anew first.
  const [moved] = useState({ picture_ids: pictureIds, person_id: person.person_id });
  const [seen] = useState(seenOf(person));
  const [to, setTo] = useState<PersonCard | null>(null);
  const go = () =>
    to && change.mutate(() => told(api.POST("/api/v1/pictures/move", { body: { ...moved, to: to.person_id, seen: { ...seen, ...seenOf(to) } } })));
  return (
    <Ask title={`Move ${count(moved.picture_ids.length, "picture")}`} verb="Move" isOpen onClose={onClose} isBusy={change.isPending} isDisabled={!to} onYes={go}>
      <PersonPicker label="They show" picked={to} onPick={setTo} without={[person.person_id]} autoFocus />
    </Ask>
  );
}

export function SplitPictures({ person, pictureIds: chosen, change, onClose }: Props) {
  const [pictureIds] = useState(chosen);
  const [params] = useState({ path: { person_id: person.person_id }, header: { "If-Match": person.etag } });
  const [name, setName] = useState("");
  const consent = useConsent();
  const named = name.trim();
  const body = { picture_ids: pictureIds, ...(named ? { name: named, consent: consent.asked } : {}) };
  const go = () => change.mutate(() => told(api.POST("/api/v1/people/{person_id}/split", { params, body })));
  return (
    <Ask
      title={`${count(pictureIds.length, "picture")} of ${called(person)} ${pictureIds.length === 1 ? "shows" : "show"} somebody else`}
      verb="Part them"
      isOpen
      onClose={onClose}
      isBusy={change.isPending}
      isDisabled={!!named && !isEnough(consent.scopes)}
      onYes={go}
    >
      <Field label="Name" value={name} onChange={setName} autoFocus hint="Without one they become a stranger, who waits in the review." />
      {named && (
        <>
          <p className="small">They consent to:</p>
          <ConsentForm of={consent} />
        </>
      )}
    </Ask>
  );
}
