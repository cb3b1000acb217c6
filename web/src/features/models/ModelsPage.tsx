/** The networks there are: what each is for, which are used, which are installed. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Boxes } from "lucide-react";
import { api, told } from "@/shared/api/client";
import type { Model } from "@/shared/api/types";
import { Badge, Empty, Loaded, Page } from "@/shared/ui/page";
import { bytes } from "@/shared/ui/words";

export default function ModelsPage() {
  const found = useQuery({ queryKey: ["models"], queryFn: () => told(api.GET("/api/v1/models")) });
  return (
    <Page title="Models" about="The networks that look at pictures. All of them run on this machine.">
      <Loaded of={found}>
        {({ items }) =>
          items.length ? (
            [...byTask(items)].map(([task, own]) => (
              <section key={task} className="card scroll" aria-label={task}>
                <h2>{task}</h2>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Model</th>
                      <th scope="col">State</th>
                      <th scope="col">Licence</th>
                      <th scope="col">Size</th>
                    </tr>
                  </thead>
                  <tbody>
                    {own.map((one) => (
                      <tr key={one.name}>
                        <th scope="row">
                          <Link to="/models/$name" params={{ name: one.name }}>
                            {one.name}
                          </Link>
                        </th>
                        <td>
                          <ModelState model={one} />
                        </td>
                        <td>{one.licence}</td>
                        <td className="number">{bytes(one.size_bytes)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            ))
          ) : (
            <Empty icon={Boxes} title="No model">
              Models are fetched when they are first needed: start a camera, or run <span className="mono">mien models</span>.
            </Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

export function ModelState({ model }: { model: Model }) {
  return model.is_used ? <Badge tone="good">in use</Badge> : model.is_installed ? <Badge tone="accent">installed</Badge> : <Badge>not fetched</Badge>;
}

function byTask(models: readonly Model[]): Map<string, Model[]> {
  const found = new Map<string, Model[]>();
  for (const one of models) found.set(one.task, [...(found.get(one.task) ?? []), one]);
  return found;
}
