/** How mien fares: cameras, speed, memory, what is stored, and what is wrong. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told } from "@/shared/api/client";
import type { SystemHealth } from "@/shared/api/types";
import { Badge, Loaded, Notice, Page } from "@/shared/ui/page";
import { bytes, count, lasting, moment, percent } from "@/shared/ui/words";

const TONES = { online: "good", connecting: "", stalled: "warning", offline: "danger", disabled: "" } as const;

export default function HealthPage() {
  const found = useQuery({ queryKey: ["system"], queryFn: () => told(api.GET("/api/v1/system")), refetchInterval: 5_000 });
  return (
    <Page title="Health" about="How this mien fares, renewed every few seconds.">
      <Loaded of={found}>{(system) => <System system={system} />}</Loaded>
    </Page>
  );
}

function System({ system }: { system: SystemHealth }) {
  return (
    <>
      {system.warnings.map((one) => (
        <Notice key={one} tone="warning">
          {one}
        </Notice>
      ))}
      <div className="columns">
        <section className="card stack" aria-labelledby="machine">
          <h2 id="machine">Machine</h2>
          <dl className="facts number">
            <dt>Version</dt>
            <dd>{system.version}</dd>
            <dt>Running</dt>
            <dd>
              {lasting(system.uptime_s)}, since {moment(system.started_at)}
            </dd>
            <dt>Processor</dt>
            <dd>{percent(system.cpu_percent / 100)}</dd>
            <dt>Memory</dt>
            <dd>{bytes(system.memory_bytes)}</dd>
            <dt>Disk</dt>
            <dd>{bytes(system.disk_free_bytes)} free</dd>
            <dt>Browsers</dt>
            <dd>{count(system.live_clients, "live connection")}</dd>
          </dl>
        </section>
        <section className="card stack" aria-labelledby="stored">
          <h2 id="stored">Stored</h2>
          <dl className="facts">
            <dt>Home</dt>
            <dd className="mono">{system.home}</dd>
            <dt>Database</dt>
            <dd>
              {system.database.kind}, {bytes(system.database.bytes)}, schema {system.database.schema}
            </dd>
          </dl>
        </section>
        <section className="card stack" aria-labelledby="timings">
          <h2 id="timings">Time per step</h2>
          {system.timings.length ? (
            <table className="number">
              <thead>
                <tr>
                  <th scope="col">Step</th>
                  <th scope="col">Median</th>
                  <th scope="col">95 of 100</th>
                </tr>
              </thead>
              <tbody>
                {system.timings.map((one) => (
                  <tr key={one.stage}>
                    <th scope="row">{one.stage}</th>
                    <td>{one.median_ms.toFixed(1)} ms</td>
                    <td>{one.p95_ms.toFixed(1)} ms</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <p className="muted">Nothing was analysed yet.</p>
          )}
        </section>
      </div>
      <section className="card scroll" aria-labelledby="cameras">
        <h2 id="cameras">Cameras</h2>
        {system.cameras.length ? (
          <table className="number">
            <thead>
              <tr>
                <th scope="col">Camera</th>
                <th scope="col">State</th>
                <th scope="col">Decoded</th>
                <th scope="col">Analysed</th>
                <th scope="col">Left out</th>
                <th scope="col">Came back</th>
              </tr>
            </thead>
            <tbody>
              {system.cameras.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    <Link to="/cameras/$name" params={{ name: one.name }}>
                      {one.name}
                    </Link>
                  </th>
                  <td>
                    <Badge tone={TONES[one.state]}>{one.state}</Badge> <span className="muted small">{one.reason}</span>
                  </td>
                  <td>{one.decoded_fps.toFixed(1)} fps</td>
                  <td>{one.analysed_fps.toFixed(1)} fps</td>
                  <td>{one.dropped.toLocaleString()}</td>
                  <td>{count(one.reconnects, "time")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <p className="muted">
            None is named in the settings. <Link to="/this-camera">This browser’s camera</Link> needs no setting.
          </p>
        )}
      </section>
    </>
  );
}
