/** How far an import is, what was refused and why, and where to go once it is over. */
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ImportJob } from "@/shared/api/types";
import { Button } from "@/shared/ui/controls";
import { Failure, Notice } from "@/shared/ui/page";
import { count, sentence } from "@/shared/ui/words";
import { cancelImport, type Import, importTried, putAway } from "./importing";

const TITLES = { done: "Imported", failed: "The import has failed", cancelled: "The import was cancelled" } as const;

export function Progress({ of: one }: { of: Import }) {
  const cancel = useMutation({ mutationFn: cancelImport });
  const { job } = one;
  return (
    <div className="card stack import">
      <h2>{titleOf(one)}</h2>
      {!one.isOver && (
        <>
          <Bar label="Sent" value={one.sent} max={one.total} />
          <Bar label="Looked at" value={job?.done ?? 0} max={one.total} />
        </>
      )}
      <p role="status">{job ? whatCame(job) : one.isOver ? "Nothing was taken in." : "It begins…"}</p>
      {(job?.problem || one.problem) && <Notice tone="danger">{job?.problem ? sentence(job.problem) : one.problem}</Notice>}
      {one.isOver && job?.notice && <Notice tone="warning">{sentence(job.notice)}</Notice>}
      {job && <Refused title={`${count(job.refused_count, "picture")} refused`} told={job.refused} all={job.refused_count} isOpen={one.isOver} />}
      {job && <Refused title={`${count(job.remarks.length, "picture")} with a remark`} told={job.remarks} all={job.remarks.length} />}
      {cancel.error && <Failure error={cancel.error} />}
      <div className="row">
        {one.isOver ? (
          <>
            {!!job?.people && !job.is_dry_run && (
              <Link to="/people" className="button main">
                See the people
              </Link>
            )}
            {job?.state === "done" && job.is_dry_run && job.pictures > 0 && (
              <Button look="main" onPress={importTried}>
                Import now
              </Button>
            )}
            <Button onPress={putAway}>{job?.is_dry_run ? "Back" : "Import another folder"}</Button>
          </>
        ) : (
          <Button onPress={() => cancel.mutate()} isDisabled={!job || cancel.isPending}>
            Cancel
          </Button>
        )}
      </div>
    </div>
  );
}

function titleOf({ job, isOver, problem }: Import): string {
  if (!isOver) return job?.is_dry_run ? "Trying…" : "Importing…";
  if (job?.state === "done" && job.is_dry_run) return "Tried: nothing was kept";
  if (job && job.state in TITLES && !problem) return TITLES[job.state as keyof typeof TITLES];
  return TITLES.failed;
}

function whatCame(job: ImportJob): string {
  const taken = `${count(job.pictures, "picture")} ${job.is_dry_run ? "would be " : ""}taken in`;
  const there = job.skipped ? `, ${job.skipped.toLocaleString()} there already` : "";
  const whose = job.people ? `, of ${count(job.people, "person", "people")}` : "";
  const fresh = job.new_people ? `, ${job.new_people.toLocaleString()} of them new here` : "";
  return `${taken}${there}${whose}${fresh}.`;
}

function Bar({ label, value, max }: { label: string; value: number; max: number }) {
  return (
    <label className="small import-bar">
      <span>{label}</span>
      <progress className="steps" max={Math.max(1, max)} value={value} />
      <span className="number muted">
        {value.toLocaleString()} of {max.toLocaleString()}
      </span>
    </label>
  );
}

function Refused({ title, told, all, isOpen = false }: { title: string; told: readonly { name: string; reason: string }[]; all: number; isOpen?: boolean }) {
  if (!all) return null;
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      <ul className="import-told">
        {told.map((one, at) => (
          <li key={at}>
            <span className="mono">{one.name}</span> <span className="muted">{one.reason}</span>
          </li>
        ))}
        {all > told.length && <li className="muted">and {(all - told.length).toLocaleString()} more</li>}
      </ul>
    </details>
  );
}
