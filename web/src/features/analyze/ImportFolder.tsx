/** Takes in people from folders: one folder a person, named as they are. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, sendForm, told } from "@/shared/api/client";
import type { ImportJob } from "@/shared/api/types";
import { renewPeople } from "@/shared/people/change";
import { Button, CheckBox } from "@/shared/ui/controls";
import { FileDrop } from "@/shared/ui/FileDrop";
import { Failure, Notice } from "@/shared/ui/page";
import { count } from "@/shared/ui/words";
import { peopleOf } from "./folders";

export function ImportFolder() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [agrees, setAgrees] = useState(false);
  const [jobId, setJobId] = useState("");
  const people = peopleOf(files);
  const send = useMutation({
    mutationFn: () => {
      const form = new FormData();
      for (const [name, own] of people) own.forEach((file) => form.append("pictures", file, `${name}/${file.name}`));
      return sendForm<ImportJob>("/imports", form);
    },
    onSuccess: (job) => setJobId(job.import_id),
  });
  return (
    <div className="stack">
      <p className="muted">
        A folder of folders: each bears the name of a person and has pictures of that person alone, as <span className="mono">Ada Lovelace/1.jpg</span>.
      </p>
      <FileDrop label="Folder of people" files={files} onFiles={setFiles} takesFolders />
      {files.length > 0 && (
        <p>
          {people.size ? (
            <>
              <strong>{count(people.size, "person", "people")}</strong>: {[...people.keys()].slice(0, 8).join(", ")}
              {people.size > 8 && " …"}
            </>
          ) : (
            "None of these pictures lies in a folder that could be a name. Choose the folder that holds the folders of people."
          )}
        </p>
      )}
      <CheckBox isOn={agrees} onChange={setAgrees}>
        They consent to being recognised, to having their apparent expression read, and to keeping pictures; I answer for it.
      </CheckBox>
      {send.error && <Failure error={send.error} />}
      <div>
        <Button look="main" isDisabled={!people.size || !agrees || send.isPending} onPress={() => send.mutate()}>
          {send.isPending ? "Sending…" : "Import"}
        </Button>
      </div>
      {jobId && <Job jobId={jobId} />}
    </div>
  );
}

function Job({ jobId }: { jobId: string }) {
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ["import", jobId],
    queryFn: () => told(api.GET("/api/v1/imports/{job_id}", { params: { path: { job_id: jobId } } })),
    refetchInterval: ({ state }) => (state.data && ["done", "failed"].includes(state.data.state) ? false : 700),
  });
  const job = found.data;
  const isDone = job?.state === "done";
  useEffect(() => {
    if (isDone) void renewPeople(queries);
  }, [isDone, queries]);
  if (!job) return found.error ? <Failure error={found.error} /> : null;
  return (
    <div className="card stack" role="status">
      <h2>{isDone ? "Imported" : job.state === "failed" ? "The import failed" : "Importing…"}</h2>
      <progress className="steps" max={Math.max(1, job.total)} value={job.done} aria-label="Pictures looked at" />
      <p>
        {job.done} of {count(job.total, "picture")} looked at; {count(job.people, "person", "people")} with {count(job.pictures, "picture")} taken in.
      </p>
      {job.problem && <Notice tone="danger">{job.problem}</Notice>}
      {job.refused.length > 0 && (
        <details>
          <summary>{count(job.refused.length, "picture")} refused</summary>
          <ul>
            {job.refused.map((one) => (
              <li key={one.name}>
                <span className="mono">{one.name}</span> <span className="muted">{one.reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {isDone && (
        <div>
          <Link to="/people" className="button">
            See them
          </Link>
        </div>
      )}
    </div>
  );
}
