/** Everybody's rights: a copy of all that is kept of them, and being forgotten. */
import { Download, UserX } from "lucide-react";
import { useState } from "react";
import type { PersonCard } from "@/shared/api/types";
import { PersonPicker } from "@/shared/people/PersonPicker";
import { Forget, useExport } from "@/shared/people/rights";
import { Button } from "@/shared/ui/controls";

export function Rights() {
  const [person, setPerson] = useState<PersonCard | null>(null);
  const [round, setRound] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const hand = useExport();
  return (
    <div className="card stack rights">
      <PersonPicker key={round} label="Whose" picked={person} onPick={setPerson} />
      <div className="columns">
        <div className="stack">
          <h2>A copy of everything</h2>
          <p className="muted">Name, pictures, templates, visits, readings and consent, as a zip that other programs can read.</p>
          <div>
            <Button isDisabled={!person || hand.isPending} onPress={() => person && hand.mutate(person)}>
              <Download aria-hidden /> {hand.isPending ? "One moment…" : "Export"}
            </Button>
          </div>
        </div>
        <div className="stack">
          <h2>Forget</h2>
          <p className="muted">Everything of the person is removed from everywhere, for good. Only that it was done stays in the audit log.</p>
          <div>
            <Button look="danger" isDisabled={!person} onPress={() => setOpen(true)}>
              <UserX aria-hidden /> Forget…
            </Button>
          </div>
        </div>
      </div>
      {person && isOpen && (
        <Forget
          person={person}
          onClose={() => setOpen(false)}
          onGone={() => {
            setOpen(false);
            setPerson(null);
            setRound(round + 1);
          }}
        />
      )}
    </div>
  );
}
