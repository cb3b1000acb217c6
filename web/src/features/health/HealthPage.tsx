/** How mien fares: cameras, speed, memory, what is stored, and what is wrong. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, told } from "@/shared/api/client";
import type { SystemHealth } from "@/shared/api/types";
import { Table } from "@/shared/ui/lists";
import { Badge, Loaded, Notice, Page, Section } from "@/shared/ui/page";
import { bytes, count, lasting, moment } from "@/shared/ui/words";

const TONES = { online: "good", connecting: "", stalled: "warning", offline: "danger", disabled: "" } as const;
const PHASES = { preparing: "", running: "good", failed: "danger", closed: "warning" } as const;
const UNTOLD = "not told by this system";

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
        <Machine system={system} />
        <Stored system={system} />
        <Steps timings={system.timings} />
      </div>
      <Cameras cameras={system.cameras} />
    </>
  );
}

function Machine({ system }: { system: SystemHealth }) {
  return (
    <Section title="Process">
      <dl className="facts number">
        <dt>Version</dt>
        <dd>{system.version}</dd>
        <dt>Running</dt>
        <dd>
          {lasting(system.uptime_s)}, since {moment(system.started_at)}
        </dd>
        <dt>Analysis</dt>
        <dd>
          <Badge tone={PHASES[system.engine.phase]}>{system.engine.phase}</Badge> <span className="muted small">{system.engine.detail}</span>
        </dd>
        <dt>Processor</dt>
        <dd>{system.cpu_percent === null ? "being measured" : `${(system.cpu_percent / 100).toFixed(2)} of ${count(system.cpus, "core")} busy`}</dd>
        <dt>Memory</dt>
        <dd>
          {system.memory_bytes === null ? "" : `${bytes(system.memory_bytes)}, `}at most {bytes(system.memory_peak_bytes)} so far
        </dd>
        <dt>Browsers</dt>
        <dd>{count(system.live_clients, "live connection")}</dd>
      </dl>
    </Section>
  );
}

function Stored({ system: { disk_free_bytes: free, disk_total_bytes: total, database } }: { system: SystemHealth }) {
  return (
    <Section title="Stored">
      <dl className="facts number">
        <dt>Database</dt>
        <dd>
          {database.kind}, {bytes(database.bytes)}, schema {database.schema_revision}
        </dd>
        <dt>Disk</dt>
        <dd>{free === null || total === null ? UNTOLD : `${bytes(free)} of ${bytes(total)} free`}</dd>
      </dl>
    </Section>
  );
}

function Steps({ timings }: { timings: SystemHealth["timings"] }) {
  return (
    <Section title="Time per step">
      {timings.length ? (
        <div className="scroll">
          <Table columns={["Step", "Median", "95 of 100"]} isNumbers>
            {timings.map((one) => (
              <tr key={one.stage}>
                <th scope="row">{one.stage}</th>
                <td>{one.median_ms.toFixed(1)} ms</td>
                <td>{one.p95_ms.toFixed(1)} ms</td>
              </tr>
            ))}
          </Table>
        </div>
      ) : (
        <p className="muted">Nothing was analysed yet.</p>
      )}
    </Section>
  );
}

function Cameras({ cameras }: { cameras: SystemHealth["cameras"] }) {
  return (
    <Section title="Cameras">
      {cameras.length ? (
        <div className="scroll">
          <Table columns={["Camera", "State", "Decoded", "Analysed", "Left out", "Came back"]} isNumbers>
            {cameras.map((one) => (
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
          </Table>
        </div>
      ) : (
        <p className="muted">
          None is named in the settings. <Link to="/this-camera">This browser’s camera</Link> needs no setting.
        </p>
      )}
    </Section>
  );
}
