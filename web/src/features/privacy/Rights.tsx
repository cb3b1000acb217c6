/** Everybody's rights: a copy of all that is kept of them, and being forgotten. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, UserX } from "lucide-react";
import { useState } from "react";
import { api, download, told } from "@/shared/api/client";
import type { PersonCard } from "@/shared/api/types";
import { inWords, renewPeople, sentence } from "@/shared/people/change";
import { called, PersonPicker } from "@/shared/people/PersonPicker";
import { Button, Field } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Failure, Notice, Waiting } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";

export function Rights() {
  const [person, setPerson] = useState<PersonCard | null>(null);
  const [round, setRound] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const hand = useMutation({
    mutationFn: (one: PersonCard) => download(`/privacy/export/${one.person_id}`, `${one.person_id}.zip`, "POST"),
    onSuccess: () => say("The export is handed to your browser. It holds everything: keep it safe."),
    onError: sayFailure,
  });
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

function Forget({ person, onClose, onGone }: { person: PersonCard; onClose: () => void; onGone: () => void }) {
  const [typed, setTyped] = useState("");
  const queries = useQueryClient();
  const name = called(person);
  const ask = (agreed: string[] | null) =>
    told(api.POST("/api/v1/privacy/forget/{person_id}", { params: { path: { person_id: person.person_id }, query: { dry_run: !agreed } }, body: agreed && { agreed } }));
  const foreseen = useQuery({ queryKey: ["forget", person.person_id], queryFn: () => ask(null), staleTime: 0, gcTime: 0 });
  const forget = useMutation({
    mutationFn: () => ask(foreseen.data?.person_ids ?? []),
    onSuccess: (done) => {
      queries.removeQueries({ queryKey: ["person", person.person_id] });
      say(`${name} is forgotten. Removed: ${inWords(done.counts)}.`);
      onGone();
      return renewPeople(queries);
    },
    onError: sayFailure,
  });
  return (
    <Ask title={`Forget ${name}`} verb="Forget for good" isDangerous isOpen onClose={onClose} isBusy={forget.isPending} isDisabled={!foreseen.data || typed.trim() !== name} onYes={() => forget.mutate()}>
      {foreseen.data ? (
        <>
          <p>
            {sentence(foreseen.data.summary)}. That removes {inWords(foreseen.data.counts)}.
          </p>
          {foreseen.data.outside.length > 0 && (
            <Notice tone="warning">
              Written out earlier, and yours to remove: {foreseen.data.outside.map((one) => one.path).join(", ")}
            </Notice>
          )}
          {foreseen.data.warnings.map((one) => (
            <Notice key={one} tone="warning">
              {sentence(one)}
            </Notice>
          ))}
        </>
      ) : foreseen.error ? (
        <Failure error={foreseen.error} />
      ) : (
        <Waiting />
      )}
      <Field label={`Type ${name} to confirm`} value={typed} onChange={setTyped} autoComplete="off" />
    </Ask>
  );
}
