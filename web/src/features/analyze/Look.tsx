/** Finds every face on pictures, one picture after the other. */
import { ScanFace } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { Problem } from "@/shared/api/client";
import type { AnalyzedPicture } from "@/shared/api/types";
import { FaceCard } from "@/shared/face/FaceCard";
import { Button } from "@/shared/ui/controls";
import { FileDrop } from "@/shared/ui/FileDrop";
import { Notice } from "@/shared/ui/page";
import { capital, count } from "@/shared/ui/words";
import { analyze } from "./asking";
import { Picture } from "./Picture";
import "./analyze.css";

interface Result {
  id: number;
  file: File;
  found: AnalyzedPicture;
}

const SHOWN_AT_ONCE = 60;
const ENDS = [0, 401, 403, 503]; // the next picture would fare no better

export function Look() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [results, setResults] = useState<Result[]>([]);
  const [done, setDone] = useState<number | null>(null);
  const [problem, setProblem] = useState("");
  const [most, setMost] = useState(SHOWN_AT_ONCE);
  const run = useRef(0);
  useEffect(
    () => () => {
      run.current += 1;
    },
    [],
  );
  const start = async () => {
    const mine = ++run.current;
    setResults([]);
    setMost(SHOWN_AT_ONCE);
    setProblem("");
    for (const [at, file] of files.entries()) {
      setDone(at);
      const found = await analyze(file, () => run.current === mine).catch((error: unknown) => (error instanceof Problem ? error : null));
      if (run.current !== mine) return;
      if (found instanceof Problem && ENDS.includes(found.status)) {
        setProblem(found.message);
        break;
      }
      const told = found && !(found instanceof Problem) ? found : { name: file.name, width: 0, height: 0, faces: [], problem: found?.message ?? "It cannot be read." };
      setResults((before) => [...before, { id: at, file, found: told }]);
    }
    setDone(null);
  };
  const stop = () => {
    run.current += 1;
    setDone(null);
  };
  const faces = results.reduce((sum, one) => sum + one.found.faces.length, 0);
  return (
    <div className="stack">
      <FileDrop label="Pictures" files={files} onFiles={setFiles} takes="both" />
      <div className="row">
        <Button look="main" isDisabled={!files.length || done !== null} onPress={() => void start()}>
          <ScanFace aria-hidden /> Find faces
        </Button>
        {done !== null && <Button onPress={stop}>Stop</Button>}
        {results.length > 0 && (
          <span className="muted" role="status">
            {count(faces, "face")} on {count(results.length, "picture")}
          </span>
        )}
      </div>
      {done !== null && <progress className="steps" max={files.length} value={done} aria-label="Pictures looked at" />}
      {problem && <Notice tone="danger">{problem}</Notice>}
      <ul className="stack">
        {results.slice(0, most).map((one) => (
          <Analyzed key={one.id} {...one} />
        ))}
      </ul>
      {results.length > most && (
        <div className="row">
          <Button onPress={() => setMost(most + SHOWN_AT_ONCE)}>Show more</Button>
          <span className="muted">
            {most.toLocaleString()} of {count(results.length, "picture")} shown
          </span>
        </div>
      )}
    </div>
  );
}

const Analyzed = memo(function Analyzed({ file, found }: Result) {
  return (
    <li className="card analyzed">
      {!found.problem && <Picture file={file} found={found} />}
      <div>
        <h2>{found.name}</h2>
        {found.problem ? <Notice tone="warning">{capital(found.problem)}</Notice> : found.faces.length ? found.faces.map((face) => <FaceCard key={face.track_id + face.box.join()} face={face} isStill />) : <p className="muted">No face was found.</p>}
      </div>
    </li>
  );
});
