/** What was measured of a model: how right it is, and how fast on this machine. */
import type { Measured, ModelPage } from "@/shared/api/types";
import { Table } from "@/shared/ui/lists";
import { Section } from "@/shared/ui/page";
import { day } from "@/shared/ui/words";
import { figure, interval } from "./words";

export function MeasuredTable({ measured }: { measured: readonly Measured[] }) {
  return (
    <div className="scroll">
      <Table columns={["What", "Value"]}>
        {measured.map((one) => (
          <tr key={one.what + one.on}>
            <th scope="row" className="measured-what">
              {one.what}
              <p className="muted small">{one.on}</p>
            </th>
            <td className="number">
              {figure(one.value)}
              {one.interval && <p className="muted small">{interval(one)}</p>}
            </td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

export function Measurements({ model }: { model: ModelPage }) {
  const hasIntervals = model.measured.some((one) => one.interval);
  return (
    <Section title="Measured">
      {model.measured.length ? <MeasuredTable measured={model.measured} /> : <p className="muted">How right it is was not measured.</p>}
      {hasIntervals && <p className="muted small">Below a value: where the true one lies in 95 of 100 such measurements.</p>}
      {model.precisions && (
        <p>
          Here, in int8 since {day(model.precisions.at)}: {model.precisions.measure}{" "}
          {Object.entries(model.precisions.accuracy)
            .map(([precision, value]) => `${figure(value)} in ${precision}`)
            .join(", ")}
          , on {model.precisions.on}.
        </p>
      )}
      <p className="muted small">{model.groups}</p>
    </Section>
  );
}

export function Speeds({ model }: { model: ModelPage }) {
  return (
    <Section title="Speed here">
      {model.speeds.length ? (
        <div className="scroll">
          <Table columns={["Runtime", "Precision", "On one thread", "On all cores", "Measured"]} isNumbers>
            {model.speeds.map((one) => (
              <tr key={one.runtime + one.precision}>
                <th scope="row">{one.runtime}</th>
                <td>{one.precision}</td>
                <td>
                  {one.ms.toFixed(2)} ms{!one.is_steady && " (unsteady)"}
                </td>
                <td>{one.per_second.toFixed(0)} a second</td>
                <td>{one.at ? day(one.at) : ""}</td>
              </tr>
            ))}
          </Table>
        </div>
      ) : (
        <p className="muted">
          Not measured: <span className="mono">mien models bench {model.name}</span> does it on this machine.
        </p>
      )}
    </Section>
  );
}
