/** What a person agreed to, and the record of it; giving it, and taking it back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import type { ConsentWithdrawn, Gone, PersonPage, Scope } from "@/shared/api/types";
import { inWords, renewPeople, sayOutdated } from "@/shared/people/change";
import { ConsentProof, ConsentText, SCOPES, useConsent } from "@/shared/people/consent";
import { called } from "@/shared/people/PersonPicker";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Badge, Loaded, Notice } from "@/shared/ui/page";
import { say } from "@/shared/ui/toasts";
import { moment, sentence } from "@/shared/ui/words";
import { consentsQuery } from "./queries";

const NO_TEXT = "operator"; // what the version is of where nobody named a text

export function Consents({ person }: { person: PersonPage }) {
  const found = useQuery(consentsQuery(person.person_id));
  // The oldest come first: of each use the last word counts.
  const declared = new Map(found.data?.record.filter((one) => one.is_valid).map((one) => [one.scope, one.is_declared]));
  const [giving, setGiving] = useState<Scope | null>(null);
  const [taking, setTaking] = useState<Scope | null>(null);
  return (
    <div className="columns">
      <div className="card stack">
        <h2>In force</h2>
        {SCOPES.map((one) => {
          const isGiven = person.consents.includes(one.id);
          return (
            <div key={one.id} className="consent-line">
              <span className="row">
                <strong>{one.label}</strong>
                <Badge tone={isGiven ? "good" : ""}>{!isGiven ? "not given" : declared.get(one.id) ? "declared" : "given"}</Badge>
              </span>
              <Button hint={`${isGiven ? "Take back" : "Record"}: ${one.label}`} onPress={() => (isGiven ? setTaking(one.id) : setGiving(one.id))}>
                {isGiven ? "Take back…" : "Record…"}
              </Button>
              <p className="muted small">{one.meaning}</p>
            </div>
          );
        })}
      </div>
      <div className="card stack">
        <h2>On record</h2>
        <Loaded of={found}>
          {({ record }) =>
            record.length ? (
              <ul className="stack">
                {record.map((one) => (
                  <li key={one.scope + one.given_at}>
                    <strong>{one.scope}</strong> <span className="muted small">{moment(one.given_at)}</span>{" "}
                    {one.withdrawn_at && <Badge tone="warning">ended {moment(one.withdrawn_at)}</Badge>}
                    <p className="muted small">
                      {one.version !== NO_TEXT && `text ${one.version}: `}
                      {one.evidence}
                      {one.expires_at && ` · until ${moment(one.expires_at)}`}
                    </p>
                    <ConsentText text={one.text} title="What was agreed to" />
                  </li>
                ))}
              </ul>
            ) : (
              <p className="muted">Nothing is on record. Strangers are asked about nothing; whoever is enrolled consents first.</p>
            )
          }
        </Loaded>
      </div>
      {giving && <Give person={person} scope={giving} onClose={() => setGiving(null)} />}
      {taking && <TakeBack person={person} scope={taking} onClose={() => setTaking(null)} />}
    </div>
  );
}

// As the person was when a question was put: whoever was changed since is looked at anew first.
const asSeen = ({ person_id, etag }: PersonPage) => ({ path: { person_id }, header: { "If-Match": etag } });

function Give({ person, scope, onClose }: { person: PersonPage; scope: Scope; onClose: () => void }) {
  const [params] = useState(asSeen(person));
  const consent = useConsent({ scopes: [scope] });
  const queries = useQueryClient();
  const give = useMutation({
    mutationFn: () =>
      told(
        api.POST("/api/v1/people/{person_id}/consents", {
          params,
          body: consent.asked,
        }),
      ),
    onSuccess: () => {
      say("It is on record.");
      onClose();
      return renewPeople(queries);
    },
    onError: (error) => sayOutdated(queries, error),
  });
  return (
    <Ask title={`${called(person)} consents: ${scope}`} verb="Record" isOpen onClose={onClose} isBusy={give.isPending} isDisabled={!consent.asked.evidence} onYes={() => give.mutate()}>
      <ConsentProof of={consent} autoFocus placeholder="signed form of 3 May, in the folder by the door" />
      <ConsentText text={consent.text} isOpen={consent.isByText} />
    </Ask>
  );
}

function TakeBack({ person, scope, onClose }: { person: PersonPage; scope: Scope; onClose: () => void }) {
  const queries = useQueryClient();
  const [params] = useState(asSeen(person));
  const withdraw = (dryRun: boolean) =>
    told(api.DELETE("/api/v1/people/{person_id}/consents", { params: { ...params, query: { dry_run: dryRun, scope: [scope] } } }));
  const foreseen = useQuery({ queryKey: ["withdrawal", person.person_id, scope], queryFn: () => withdraw(true), staleTime: 0, gcTime: 0 });
  const take = useMutation({
    mutationFn: () => withdraw(false),
    onSuccess: (done) => {
      say(`Taken back. Removed: ${inWords(counted(done.gone))}.`);
      onClose();
      return renewPeople(queries);
    },
    onError: (error) => sayOutdated(queries, error),
  });
  return (
    <Ask title={`Take back: ${scope}`} verb="Take back" isDangerous isOpen onClose={onClose} isBusy={take.isPending} isDisabled={!foreseen.data} onYes={() => take.mutate()}>
      <Loaded of={foreseen}>{(told) => <Foreseen told={told} />}</Loaded>
      <p className="muted">What rests on this consent is removed at once. This cannot be undone.</p>
    </Ask>
  );
}

function Foreseen({ told }: { told: ConsentWithdrawn }) {
  return (
    <>
      <p>Removed at once: {inWords(counted(told.gone))}.</p>
      {told.warnings.map((one) => (
        <Notice key={one} tone="warning">
          {sentence(one)}
        </Notice>
      ))}
    </>
  );
}

// Templates and pictures of visits are among the others.
function counted({ templates, pictures, readings }: Gone): Record<string, number> {
  return { templates, pictures, readings };
}
