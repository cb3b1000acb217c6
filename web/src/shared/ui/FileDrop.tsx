/** Takes picture files: chosen, dropped, or whole folders of them. */
import { FolderOpen, ImagePlus } from "lucide-react";
import { useState } from "react";
import * as Aria from "react-aria-components";
import { Button } from "./controls";
import { bytes, count } from "./words";
import "./filedrop.css";

const PICTURES = ["image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"];
const isPicture = (file: File) => !file.name.startsWith(".") && (PICTURES.includes(file.type) || /\.(jpe?g|png|webp|bmp|tiff?)$/i.test(file.name));

interface FileDropProps {
  label: string;
  files: readonly File[];
  onFiles: (files: readonly File[]) => void;
  takes?: "pictures" | "folders" | "both";
}

export function FileDrop({ label, files, onFiles, takes = "pictures" }: FileDropProps) {
  const takesFolders = takes !== "pictures";
  const [left, setLeft] = useState(0);
  const take = (found: readonly File[]) => {
    const pictures = found.filter(isPicture);
    setLeft(found.length - pictures.length);
    onFiles(pictures);
  };
  const drop = async (event: { items: Aria.DropItem[] }) => {
    const found: File[] = [];
    for (const item of event.items) {
      if (item.kind === "file") found.push(await item.getFile());
      else if (item.kind === "directory" && takesFolders) found.push(...(await filesWithin(item, item.name)));
    }
    take(found);
  };
  return (
    <Aria.DropZone className="drop" aria-label={label} onDrop={(event) => void drop(event)}>
      {takes === "folders" ? <FolderOpen aria-hidden /> : <ImagePlus aria-hidden />}
      <p>
        {files.length ? (
          <strong>
            {count(files.length, "picture")}, {bytes(files.reduce((sum, one) => sum + one.size, 0))}
          </strong>
        ) : (
          `Drop ${takes === "folders" ? "the folder" : "pictures"} here, or`
        )}
        {left > 0 && <span className="muted"> ({count(left, "other file")} left out)</span>}
      </p>
      <div className="row">
        {takes !== "folders" && (
          <Aria.FileTrigger allowsMultiple acceptedFileTypes={PICTURES} onSelect={(list) => list && take([...list])}>
            <Button>
              <ImagePlus aria-hidden /> Choose pictures
            </Button>
          </Aria.FileTrigger>
        )}
        {takesFolders && (
          <Aria.FileTrigger acceptDirectory onSelect={(list) => list && take([...list])}>
            <Button>
              <FolderOpen aria-hidden /> Choose a folder
            </Button>
          </Aria.FileTrigger>
        )}
      </div>
    </Aria.DropZone>
  );
}

// Dropped files do not know which folder they are from: their path is put where chosen folders have it.
async function filesWithin(folder: Aria.DirectoryDropItem, path: string): Promise<File[]> {
  const found: File[] = [];
  for await (const item of folder.getEntries()) {
    if (item.kind === "directory") found.push(...(await filesWithin(item, `${path}/${item.name}`)));
    else if (item.kind === "file") {
      const file = await item.getFile();
      Object.defineProperty(file, "webkitRelativePath", { value: `${path}/${file.name}` });
      found.push(file);
    }
  }
  return found;
}
