/** Takes in people from folders: one folder a person, named as they are. */
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Scope } from "@/shared/api/types";
import { renewPeople } from "@/shared/people/change";
import { ConsentChoice, consentAsked, isEnough, SCOPES } from "@/shared/people/consent";
import { Button, Field } from "@/shared/ui/controls";
import { FileDrop } from "@/shared/ui/FileDrop";
import { count } from "@/shared/ui/words";
import { type PersonsFile, peopleOf } from "./folders";
import { importFolder, useImport } from "./importing";
import { Progress } from "./Progress";

const NAMED = 12;

export function ImportFolder() {
  const queries = useQueryClient();
  const current = useImport();
  const [files, setFiles] = useState<readonly File[]>([]);
  const [scopes, setScopes] = useState<Scope[]>(SCOPES.map((one) => one.id));
  const [evidence, setEvidence] = useState("");
  const people = useMemo(() => peopleOf(files), [files]);
  const pictures = useMemo(() => [...people.values()].flat().map(({ path, file }) => ({ name: path, picture: file })), [people]);
  if (current) return <Progress of={current} />;
  const isReady = pictures.length > 0 && isEnough(scopes);
  const start = (isDryRun: boolean) => void importFolder({ pictures, consent: consentAsked(scopes, evidence), isDryRun }, () => void renewPeople(queries));
  return (
    <div className="stack">
      <p className="muted">
        A folder of folders: each bears the name of a person and has pictures of that person alone, as <span className="mono">Ada Lovelace/1.jpg</span>.
      </p>
      <FileDrop label="Folder of people" files={files} onFiles={setFiles} takes="folders" />
      {files.length > 0 && <Found people={people} nobodys={files.length - pictures.length} />}
      {people.size > 0 && (
        <section className="card stack" aria-labelledby="consent-of-all">
          <h2 id="consent-of-all">What everybody in the folder consents to</h2>
          <ConsentChoice chosen={scopes} onChange={setScopes} />
          <Field label="What proves it" value={evidence} onChange={setEvidence} placeholder="forms 1 to 20" hint="Left empty, you answer for it." maxLength={500} />
          <div className="row">
            <Button look="main" isDisabled={!isReady} onPress={() => start(false)}>
              Import {count(people.size, "person", "people")}
            </Button>
            <Button isDisabled={!isReady} onPress={() => start(true)}>
              Only try it
            </Button>
          </div>
        </section>
      )}
    </div>
  );
}

function Found({ people, nobodys }: { people: ReadonlyMap<string, readonly PersonsFile[]>; nobodys: number }) {
  if (!people.size) return <p>None of these pictures lies in a folder that could be a name. Choose the folder that holds the folders of people.</p>;
  return (
    <div className="stack">
      <p>
        <strong>{count(people.size, "person", "people")}</strong>
        {nobodys > 0 && <span className="muted">; {count(nobodys, "picture")} in nobody’s folder left out</span>}
      </p>
      <ul className="import-names">
        {[...people].slice(0, NAMED).map(([name, own]) => (
          <li key={name}>
            {name} <span className="muted">{own.length}</span>
          </li>
        ))}
        {people.size > NAMED && <li className="muted">and {people.size - NAMED} more</li>}
      </ul>
    </div>
  );
}
