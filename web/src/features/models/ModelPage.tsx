/** One network: where it is from, what was measured, and what it cannot do. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { api, told } from "@/shared/api/client";
import { Loaded, Page } from "@/shared/ui/page";
import { bytes } from "@/shared/ui/words";
import { ModelState } from "./ModelsPage";

export default function ModelPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const found = useQuery({ queryKey: ["models", name], queryFn: () => told(api.GET("/api/v1/models/{name}", { params: { path: { name } } })) });
  return (
    <Page
      title={name}
      about={found.data?.summary}
      tools={
        <Link to="/models" className="button">
          <ArrowLeft aria-hidden /> Models
        </Link>
      }
    >
      <Loaded of={found}>
        {(model) => (
          <div className="columns">
            <section className="card stack" aria-labelledby="card">
              <h2 id="card">Card</h2>
              <dl className="facts">
                <dt>State</dt>
                <dd>
                  <ModelState model={model} />
                </dd>
                <dt>Task</dt>
                <dd>{model.task}</dd>
                <dt>Input</dt>
                <dd>{model.input}</dd>
                <dt>Licence</dt>
                <dd>{model.licence}</dd>
                <dt>Size</dt>
                <dd>{bytes(model.size_bytes)}</dd>
                <dt>From</dt>
                <dd>{model.source}</dd>
                <dt>SHA-256</dt>
                <dd className="mono">{model.sha256}</dd>
              </dl>
            </section>
            <section className="card stack" aria-labelledby="measured">
              <h2 id="measured">Measured</h2>
              {model.measured.length ? (
                <div className="scroll">
                  <table>
                    <tbody>
                      {model.measured.map((one) => (
                        <tr key={one.what + one.on}>
                          <th scope="row">{one.what}</th>
                          <td className="number">{one.value}</td>
                          <td className="muted">{one.on}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              ) : (
                <p className="muted">
                  Nothing yet: <span className="mono">mien models bench {name}</span> measures it here.
                </p>
              )}
              {model.limits.length > 0 && (
                <>
                  <h2>Limits</h2>
                  <ul className="stack">
                    {model.limits.map((one) => (
                      <li key={one}>{one}</li>
                    ))}
                  </ul>
                </>
              )}
            </section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
