/** What was done to people, the newest first, and taking any of it back. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History, Undo2 } from "lucide-react";
import { useState } from "react";
import { api, told } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import type { ChangeCard, Undone } from "@/shared/api/types";
import { renewPeople, takeBack } from "@/shared/people/change";
import { Button } from "@/shared/ui/controls";
import { Ask } from "@/shared/ui/dialogs";
import { More } from "@/shared/ui/lists";
import { Badge, Empty, Loaded, Notice, Page } from "@/shared/ui/page";
import { sayFailure } from "@/shared/ui/toasts";
import { capital, moment } from "@/shared/ui/words";
import { changesQuery } from "./queries";
import "./people.css";

export default function HistoryPage() {
  const found = useInfiniteQuery(changesQuery);
  const mayOrder = useMay("operator");
  const [asked, setAsked] = useState<ChangeCard | null>(null);
  return (
    <Page title="History" about="What was done to people, the newest first. What can be taken back is taken back here.">
      <Loaded of={found}>
        {({ pages }) => {
          const changes = pages.flatMap((page) => page.items);
          return changes.length ? (
            <div className="card stack">
              <ul>
                {changes.map((one) => (
                  <Line key={one.change_id} change={one} onUndo={mayOrder ? () => setAsked(one) : undefined} />
                ))}
              </ul>
              <More of={found} />
            </div>
          ) : (
            <Empty icon={History} title="Nothing was done yet">
              Whatever is done to people, by somebody or by itself, is written down here.
            </Empty>
          );
        }}
      </Loaded>
      {asked && <TakeBack change={asked} onClose={() => setAsked(null)} />}
    </Page>
  );
}

function Line({ change, onUndo }: { change: ChangeCard; onUndo: (() => void) | undefined }) {
  const { change_id, what, who, people, at, is_automatic, undone_at } = change;
  return (
    <li className="change-line">
      <div>
        <p>
          <strong>{capital(what)}</strong> {who} {is_automatic && <Badge>by itself</Badge>} {undone_at && <Badge tone="warning">taken back {moment(undone_at)}</Badge>}
        </p>
        <p className="muted small row">
          <span className="number">
            {change_id} · {moment(at)}
          </span>
          {people.map((id) => (
            <Link key={id} to="/people/$personId" params={{ personId: id }} className="mono">
              {id}
            </Link>
          ))}
        </p>
      </div>
      {onUndo && !undone_at && (
        <Button hint={`Take back change ${change_id}`} onPress={onUndo}>
          <Undo2 aria-hidden /> Take back…
        </Button>
      )}
    </li>
  );
}

function TakeBack({ change, onClose }: { change: ChangeCard; onClose: () => void }) {
  const queries = useQueryClient();
  const { change_id } = change;
  const foreseen = useQuery({
    queryKey: ["foreseen", change_id],
    queryFn: () => told(api.POST("/api/v1/changes/foresee", { body: { change_id } })),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const take = useMutation({
    mutationFn: () => takeBack(change_id),
    onSuccess: () => {
      onClose();
      return renewPeople(queries);
    },
    onError: (error) => {
      sayFailure(error);
      void renewPeople(queries);
    },
  });
  return (
    <Ask title={`Take back: ${change.what} ${change.who}`} verb="Take back" isOpen onClose={onClose} isBusy={take.isPending} isDisabled={!foreseen.data} onYes={() => take.mutate()}>
      <Loaded of={foreseen}>{(told) => <Foreseen told={told} />}</Loaded>
    </Ask>
  );
}

function Foreseen({ told }: { told: Undone }) {
  return (
    <>
      <ul className="stack">
        {told.taken_back.map((one) => (
          <li key={one}>{capital(one)}</li>
        ))}
      </ul>
      {told.warnings.map((one) => (
        <Notice key={one} tone="warning">
          {capital(one)}
        </Notice>
      ))}
    </>
  );
}
