/** How a model stands, in a word or two: who uses it, whether it is here, and whether it may run. */
import type { Model } from "@/shared/api/types";
import { Badge } from "@/shared/ui/page";

export function ModelState({ model }: { model: Model }) {
  const isUsed = model.used_by.length > 0;
  return (
    <span className="row">
      {isUsed && <Badge tone="good">in use</Badge>}
      {model.is_installed ? !isUsed && <Badge tone="accent">installed</Badge> : <Badge>not fetched</Badge>}
      {!model.is_accepted && <Badge tone="warning">terms not accepted</Badge>}
      {model.is_imported && <Badge>imported</Badge>}
    </span>
  );
}
