/** Who strangers are: somebody who is known already. */
import { useState } from "react";
import type { PersonCard, Resembled } from "@/shared/api/types";
import { whom } from "@/shared/people/NewPerson";
import { PersonPicker } from "@/shared/people/PersonPicker";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { FacePicture } from "@/shared/ui/page";

interface Props {
  strangers: readonly string[];
  suggestions: readonly Resembled[];
  isBusy: boolean;
  onClose: () => void;
  onAssign: (personId: string) => void;
}

export function AssignDialog({ strangers, suggestions, isBusy, onClose, onAssign }: Props) {
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
