/** Who strangers are: somebody known, or somebody new with a name and consent. */
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { Done, PersonCard, Resembled, Scope } from "@/shared/api/types";
import { ConsentChoice, CONSENT_VERSION } from "@/shared/people/consent";
import { PersonPicker } from "@/shared/people/PersonPicker";
import { Button, Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { FacePicture } from "@/shared/ui/page";

interface Props {
  strangers: readonly string[];
  isBusy: boolean;
  onClose: () => void;
}

const whom = (strangers: readonly string[]) => (strangers.length === 1 ? strangers[0] : `these ${strangers.length} strangers`);

export function AssignDialog({ strangers, suggestions, isBusy, onClose, onAssign }: Props & { suggestions: readonly Resembled[]; onAssign: (personId: string) => void }) {
  const [person, setPerson] = useState<PersonCard | null>(null);
  return (
    <Ask title={`Who is ${whom(strangers)}?`} verb="That is who" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!person} onYes={() => person && onAssign(person.person_id)}>
      {suggestions.length > 0 && (
        <div className="row">
          {suggestions.map((one) => (
            <Button key={one.person_id} onPress={() => onAssign(one.person_id)} isDisabled={isBusy}>
              <FacePicture id={one.best_picture} label="" isLittle /> {one.name || one.person_id}
            </Button>
          ))}
        </div>
      )}
      <PersonPicker label="Somebody else" picked={person} onPick={setPerson} without={strangers} autoFocus />
    </Ask>
  );
}

export function NewDialog({ strangers, isBusy, onClose, onEnrol }: Props & { onEnrol: (make: () => Promise<Done>) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>([]);
  const body = { strangers: [...strangers], name: name.trim(), consent: { scopes, version: CONSENT_VERSION, evidence: "recorded in the app" } };
  const go = () => onEnrol(() => told(api.POST("/api/v1/review/new", { body })));
  return (
    <Ask title={`A name for ${whom(strangers)}`} verb="Enrol" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!name.trim() || !scopes.includes("identify")} onYes={go}>
      {strangers.length > 1 && <p className="muted">They become one person.</p>}
      <Field label="Name" value={name} onChange={setName} autoFocus />
      <p className="small">The person consents to:</p>
      <ConsentChoice chosen={scopes} onChange={setScopes} />
      {!scopes.includes("identify") && <p className={scopes.length ? "fault" : "muted small"}>Without being recognised nobody can be enrolled.</p>}
    </Ask>
  );
}
