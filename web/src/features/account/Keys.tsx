/** Keys by which programs act in one's place; a secret is shown once. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { isAtLeast } from "@/shared/api/session";
import type { KeyScope, Role } from "@/shared/api/types";
import { copy } from "@/shared/ui/copy";
import { Button, CheckBox, Field, IconButton, Select } from "@/shared/ui/controls";
import { Ask, Dialog } from "@/shared/ui/dialogs";
import { Badge, Loaded } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { ago, day } from "@/shared/ui/words";

const SCOPES: readonly { id: KeyScope; label: string; least: Role }[] = [
  { id: "read", label: "Look at everything but accounts", least: "viewer" },
  { id: "people", label: "Enrol and put people in order", least: "operator" },
  { id: "analyze", label: "Send pictures", least: "operator" },
  { id: "privacy", label: "Consent, forgetting, exports", least: "operator" },
  { id: "settings", label: "Change settings", least: "admin" },
];
const LASTING = [
  { id: "30", label: "30 days" },
  { id: "365", label: "A year" },
  { id: "", label: "Until it is removed" },
];

export function Keys({ role }: { role: Role }) {
  const queries = useQueryClient();
  const found = useQuery({ queryKey: ["keys"], queryFn: () => told(api.GET("/api/v1/keys")) });
  const [isOpen, setOpen] = useState(false);
  const [secret, setSecret] = useState("");
  const renew = () => queries.invalidateQueries({ queryKey: ["keys"] });
  const remove = useMutation({
    mutationFn: (key_id: number) => told(api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id } } })),
    onSuccess: () => {
      say("The key is removed.");
      return renew();
    },
    onError: sayFailure,
  });
  return (
    <section className="card stack" aria-labelledby="keys">
      <div className="row apart">
        <h2 id="keys">Keys for programs</h2>
        <Button onPress={() => setOpen(true)}>
          <KeyRound aria-hidden /> New key…
        </Button>
      </div>
      <Loaded of={found}>
        {({ items }) =>
          items.length ? (
            <ul className="stack">
              {items.map((one) => (
                <li key={one.key_id} className="row apart">
                  <div>
                    <strong>{one.label}</strong> <span className="mono muted">{one.begins}…</span>
                    <p className="row small">
                      {one.scopes.map((scope) => (
                        <Badge key={scope}>{scope}</Badge>
                      ))}
                      <span className="muted">
                        {one.used_at ? `used ${ago(one.used_at)}` : "never used"}
                        {one.expires_at && `, until ${day(one.expires_at)}`}
                      </span>
                    </p>
                  </div>
                  <IconButton hint={`Remove the key ${one.label}`} onPress={() => remove.mutate(one.key_id)}>
                    <Trash2 aria-hidden />
                  </IconButton>
                </li>
              ))}
            </ul>
          ) : (
            <p className="muted">
              None. A program shows one as <span className="mono">Authorization: Bearer …</span> in place of logging in.
            </p>
          )
        }
      </Loaded>
      {isOpen && (
        <NewKey
          role={role}
          onClose={() => setOpen(false)}
          onIssued={(issued) => {
            setOpen(false);
            setSecret(issued);
            void renew();
          }}
        />
      )}
      <Dialog title="The key" isOpen={!!secret} onClose={() => setSecret("")}>
        <p>It is shown this once. Copy it to where the program finds it.</p>
        <code className="secret mono">{secret}</code>
        <div className="actions">
          <Button onPress={() => copy(secret)}>Copy</Button>
          <Button look="main" onPress={() => setSecret("")}>
            Done
          </Button>
        </div>
      </Dialog>
    </section>
  );
}

function NewKey({ role, onClose, onIssued }: { role: Role; onClose: () => void; onIssued: (secret: string) => void }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<KeyScope[]>(["read"]);
  const [days, setDays] = useState("365");
  const issue = useMutation({
    mutationFn: () => told(api.POST("/api/v1/keys", { body: { label: label.trim(), scopes, days: days ? Number(days) : null } })),
    onSuccess: (key) => onIssued(key.secret),
    onError: sayFailure,
  });
  return (
    <Ask title="A new key" verb="Make it" isOpen onClose={onClose} isBusy={issue.isPending} isDisabled={!label.trim() || !scopes.length} onYes={() => issue.mutate()}>
      <Field label="What it is for" value={label} onChange={setLabel} autoFocus maxLength={100} />
      <div role="group" aria-label="It may" className="stack">
        {SCOPES.filter((one) => isAtLeast(role, one.least)).map((one) => (
          <CheckBox key={one.id} isOn={scopes.includes(one.id)} onChange={(is) => setScopes(is ? [...scopes, one.id] : scopes.filter((other) => other !== one.id))}>
            {one.label}
          </CheckBox>
        ))}
      </div>
      <Select label="It is valid for" options={LASTING} value={days} onChange={setDays} />
    </Ask>
  );
}
