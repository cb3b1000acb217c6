/** Who strangers, or the faces on pictures, are: somebody who is known already. */
import { useState } from "react";
import type { PersonCard, Resembled } from "@/shared/api/types";
import type { Seen } from "@/shared/people/change";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { FacePicture } from "@/shared/ui/page";

interface Props {
  title: string;
  verb: string;
  suggestions: readonly Resembled[];
  without: readonly string[];
  isBusy: boolean;
  onClose: () => void;
  onAssign: (person: Seen) => void;
}

export function AssignDialog({ title, verb, suggestions, without, isBusy, onClose, onAssign }: Props) {
  const [person, setPerson] = useState<PersonCard | null>(null);
  return (
    <Ask title={title} verb={verb} isOpen onClose={onClose} isBusy={isBusy} isDisabled={!person} onYes={() => person && onAssign(person)}>
      {suggestions.length > 0 && (
        <div className="row">
          {suggestions.map((one) => (
            <Button key={one.person_id} onPress={() => onAssign(one)} isDisabled={isBusy}>
              <FacePicture id={one.best_picture} label="" isLittle /> {called(one)}
            </Button>
          ))}
        </div>
      )}
      <PersonPicker label="Somebody else" picked={person} onPick={setPerson} without={without} autoFocus />
    </Ask>
  );
}
