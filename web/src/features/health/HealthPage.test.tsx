import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { SystemHealth } from "@/shared/api/types";
import { serve, show } from "@/test-app";
import HealthPage from "./HealthPage";

afterEach(() => vi.unstubAllGlobals());
const SYSTEM: SystemHealth = {
  version: "1.2",
  started_at: "2026-01-02T03:04:05Z",
  uptime_s: 61,
  cpus: 2,
  cpu_percent: 150,
  memory_bytes: 400e6,
  memory_peak_bytes: 500e6,
  disk_free_bytes: 5e9,
  disk_total_bytes: 20e9,
  database: { kind: "sqlite", bytes: 3e6, schema_revision: "0007" },
  live_clients: 1,
  engine: { phase: "running", detail: "" },
  timings: [{ stage: "detection", runs: 5, median_ms: 3.14, p95_ms: 9 }],
  cameras: [{ name: "a/b", state: "offline", reason: "the server refused", online_s: 0, decoded_fps: 0, analysed_fps: 0, dropped: 0, reconnects: 0 }],
  warnings: ["The disk is nearly full."],
};

test("what was measured is told, and what somebody should see to", async () => {
  serve(() => ({ body: SYSTEM }));
  show(<HealthPage />);
  for (const said of ["The disk is nearly full.", "1.50 of 2 cores busy", "400 MB, at most 500 MB so far", "5.0 GB of 20.0 GB free", "3.1 ms", "the server refused"])
    expect(await screen.findByText(said)).toBeTruthy();
});

test("what a system does not tell is said so, and no number stands in its place", async () => {
  serve(() => ({ body: { ...SYSTEM, cpu_percent: null, memory_bytes: null, disk_free_bytes: null, disk_total_bytes: null, timings: [], cameras: [], warnings: [] } }));
  show(<HealthPage />);
  for (const said of ["being measured", "at most 500 MB so far", "not told by this system", "Nothing was analysed yet."]) expect(await screen.findByText(said)).toBeTruthy();
});
