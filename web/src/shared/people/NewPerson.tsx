/** Strangers become somebody new, with a name and consent. */
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Done } from "@/shared/api/types";
import { Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Notice } from "@/shared/ui/page";
import { type Seen, seenOf } from "./change";
import { ConsentForm, isEnough, useConsent } from "./consent";

interface Props {
  strangers: readonly Seen[];
  isBusy: boolean;
  onClose: () => void;
  onEnrol: (make: () => Promise<Done>) => void;
}

export const whom = (strangers: readonly Seen[]) => (strangers.length === 1 ? strangers[0]?.person_id : `these ${strangers.length} strangers`);

export function NewPerson({ strangers, isBusy, onClose, onEnrol }: Props) {
  const [name, setName] = useState("");
  const consent = useConsent();
  const body = { strangers: strangers.map((one) => one.person_id), name: name.trim(), consent: consent.asked, seen: seenOf(...strangers) };
  const go = () => onEnrol(() => told(api.POST("/api/v1/review/new", { body })));
  return (
    <Ask title={`A name for ${whom(strangers)}`} verb="Enrol" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!name.trim() || !isEnough(consent.scopes)} onYes={go}>
      {strangers.length > 1 && <p className="muted">They become one person.</p>}
      <Field label="Name" value={name} onChange={setName} autoFocus />
      <p className="small">They consent to:</p>
      <ConsentForm of={consent} />
      {!consent.scopes.includes("keep") && <Notice tone="warning">Without “Keep pictures” those that are kept of them so far are deleted, and no undo brings them back.</Notice>}
    </Ask>
  );
}
