/** What may be done with a model, and a yes to that where one is needed. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import type { ModelPage } from "@/shared/api/types";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { Notice, Section } from "@/shared/ui/page";
import { say, sayFailure } from "@/shared/ui/toasts";
import { useName } from "./words";

export function Terms({ model }: { model: ModelPage }) {
  const [isOpen, setOpen] = useState(false);
  const mayAccept = useMay("admin");
  return (
    <Section title="Terms">
      {!model.is_accepted && (
        <Notice tone="warning">
          It does not run before its terms are accepted{mayAccept ? "." : ": an admin can do that."}
          {model.acceptance.startsWith("changed") && ` They have ${model.acceptance}.`}
        </Notice>
      )}
      <Lines model={model} />
      {mayAccept && !model.is_accepted && (
        <div>
          <Button onPress={() => setOpen(true)}>Accept the terms…</Button>
        </div>
      )}
      {isOpen && <Accept model={model} onClose={() => setOpen(false)} />}
    </Section>
  );
}

function Lines({ model }: { model: ModelPage }) {
  return (
    <dl className="facts">
      <dt>Use</dt>
      <dd>
        {useName(model.allowed_use)}
        {model.is_restricted && model.is_accepted && `; ${model.acceptance}`}
      </dd>
      {model.use_note && (
        <>
          <dt>Note</dt>
          <dd>{model.use_note}</dd>
        </>
      )}
      <dt>Weights</dt>
      <dd>{model.licence_weights}</dd>
      <dt>Code</dt>
      <dd>{model.licence_code}</dd>
      {model.data && (
        <>
          <dt>Trained on</dt>
          <dd>{model.data}</dd>
        </>
      )}
      {model.upstream && (
        <>
          <dt>Authors</dt>
          <dd>{/^https:/.test(model.upstream) ? <a href={model.upstream} rel="noreferrer">{model.upstream}</a> : model.upstream}</dd>
        </>
      )}
    </dl>
  );
}

function Accept({ model, onClose }: { model: ModelPage; onClose: () => void }) {
  const queries = useQueryClient();
  const accept = useMutation({
    mutationFn: () => told(api.POST("/api/v1/models/{name}/accept", { params: { path: { name: model.name } } })),
    onSuccess: () => {
      say(`The terms of ${model.name} are accepted. Settings that name it take effect when mien is started again.`);
      onClose();
      return Promise.all([queries.invalidateQueries({ queryKey: ["models"] }), queries.invalidateQueries({ queryKey: ["system"] })]);
    },
    onError: sayFailure,
  });
  return (
    <Ask title={`Accept the terms of ${model.name}`} verb="Accept" isOpen onClose={onClose} isBusy={accept.isPending} onYes={() => accept.mutate()}>
      <Lines model={model} />
      <p className="muted">Your answer goes on record, and holds as long as neither the terms nor the file change.</p>
    </Ask>
  );
}
