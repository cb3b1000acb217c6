/** A new account, and what becomes of one that is there. */
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { SHORTEST } from "@/shared/api/password";
import type { AccountTold, PersonCard, Role } from "@/shared/api/types";
import { PersonPicker } from "@/shared/people/PersonPicker";
import { Button, Field, Select, Switch } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";

const ROLES = [
  { id: "viewer", label: "Viewer: looks" },
  { id: "operator", label: "Operator: puts people in order, too" },
  { id: "admin", label: "Admin: everything" },
];

interface Props {
  isBusy: boolean;
  onClose: () => void;
  change: (make: () => Promise<unknown>, says: string) => void;
}

export function NewAccount({ isBusy, onClose, change }: Props) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [password, setPassword] = useState("");
  const make = () => change(() => told(api.POST("/api/v1/accounts", { body: { name: name.trim(), role, password } })), `${name.trim()} may log in now.`);
  return (
    <Ask title="A new account" verb="Make it" isOpen onClose={onClose} isBusy={isBusy} isDisabled={!name.trim() || password.length < SHORTEST} onYes={make}>
      <Field label="Name" value={name} onChange={setName} autoFocus maxLength={100} autoComplete="off" />
      <Select label="Role" options={ROLES} value={role} onChange={(id) => setRole(id as Role)} />
      <Field label="First password" type="password" value={password} onChange={setPassword} autoComplete="new-password" hint={`At least ${SHORTEST} characters. They can change it under their name.`} />
    </Ask>
  );
}

export function ChangeAccount({ account, isOwn, isBusy, onClose, change }: Props & { account: AccountTold; isOwn: boolean }) {
  const { account_id } = account;
  const [name, setName] = useState(account.name);
  const [role, setRole] = useState(account.role);
  const [isEnabled, setEnabled] = useState(account.is_enabled);
  const [allowsFace, setAllowsFace] = useState(account.allows_face);
  const [personId, setPersonId] = useState(account.person_id);
  const [person, setPerson] = useState<PersonCard | null>(null);
  const [password, setPassword] = useState("");
  const params = { path: { account_id }, header: { "If-Match": account.etag } };
  const called = name.trim();
  const isFace = allowsFace && !!personId;
  const body = {
    ...(called === account.name ? {} : { name: called }),
    ...(role === account.role ? {} : { role }),
    ...(isEnabled === account.is_enabled ? {} : { is_enabled: isEnabled }),
    ...(isFace === account.allows_face ? {} : { allows_face: isFace }),
    ...(personId === account.person_id ? {} : { person_id: personId }),
    ...(password ? { password } : {}),
  };
  const isSame = !Object.keys(body).length;
  const save = () => change(() => told(api.PATCH("/api/v1/accounts/{account_id}", { params, body })), `${called} is changed.`);
  const remove = () => change(() => told(api.DELETE("/api/v1/accounts/{account_id}", { params })), `${account.name} may not log in any more.`);
  return (
    <Ask title={account.name} verb="Save" isOpen onClose={onClose} isBusy={isBusy} isDisabled={isSame || !called || (!!password && password.length < SHORTEST)} onYes={save}>
      <Field label="Name" value={name} onChange={setName} maxLength={100} autoComplete="off" hint="They log in by it; nobody is logged out by another one." />
      <Select label="Role" options={ROLES} value={role} onChange={(id) => setRole(id as Role)} />
      <Switch isOn={isEnabled} onChange={setEnabled} isDisabled={isOwn}>
        May log in
      </Switch>
      {personId && !person ? (
        <div className="row apart">
          <span>
            Is <span className="mono">{personId}</span> in the gallery
          </span>
          <Button onPress={() => setPersonId("")}>Somebody else</Button>
        </div>
      ) : (
        <PersonPicker
          label="Who it is in the gallery"
          kind="enrolled"
          picked={person}
          onPick={(one) => {
            setPerson(one);
            setPersonId(one?.person_id ?? "");
          }}
        />
      )}
      <Switch isOn={allowsFace && !!personId} onChange={setAllowsFace} isDisabled={!personId}>
        Gets in by their face
      </Switch>
      <Field label="Another password" type="password" value={password} onChange={setPassword} autoComplete="new-password" hint="Left empty, it stays as it is. A new one logs the account out everywhere, and ends its API keys." />
      {!isOwn && (
        <div>
          <Button look="danger" onPress={remove} isDisabled={isBusy}>
            Remove this account
          </Button>
        </div>
      )}
    </Ask>
  );
}
