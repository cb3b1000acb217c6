/** What the service sends and is sent, under the names that the app uses. */
import type { components } from "./schema";

type S = components["schemas"];

export type Role = "viewer" | "operator" | "admin";
export type Scope = "identify" | "expression" | "keep";
export type Standing = "active" | "hidden" | "ignored" | "binned" | "merged" | "faded";
export type PictureState = "active" | "set_aside" | "binned";
export type Span = "minute" | "hour" | "day";
export type EventKind = "person_seen" | "stranger_seen" | "spoof_suspected" | "camera_lost" | "camera_recovered";
export type KeyScope = "read" | "people" | "analyze" | "privacy" | "settings";

export type LoggedIn = S["LoggedIn"];
export type Camera = S["Camera"];
export type FaceReading = Required<S["FaceReading"]>;
export type FrameReading = Omit<S["Reading"], "faces"> & { faces: FaceReading[] };
export type LiveEvent = S["EventShown"];
export type PersonCard = S["PersonCard"];
export type PersonPage = S["PersonPage"];
export type PictureCard = S["PictureCard"];
export type Groups = S["Groups"];
export type Sighting = S["SightingCard"];
export type Done = S["Done"];
export type Undone = S["Undone"];
export type ChangeCard = S["ChangeCard"];
export type ConsentAsked = S["ConsentAsked"];
export type Enrolled = S["Enrolled"];
export type Resembled = S["Resembled"];
export type Stranger = S["Stranger"];
export type ReviewPage = S["ReviewPage"];
export type Distribution = S["Shown"];
export type Stretch = S["Stretch"];
export type Line = S["Line"];
export type PersonLine = S["PersonLine"];
export type Apart = S["Apart"];
export type Timelines = S["TimelinesTold"];
export type PurposeTold = S["PurposeTold"];
export type ConsentCard = S["ConsentCard"];
export type Consents = S["Consents"];
export type ConsentGiven = S["ConsentGiven"];
export type Gone = S["Gone"];
export type ConsentWithdrawn = S["ConsentWithdrawn"];
export type ForgetTold = S["ForgetTold"];
export type Purged = S["Purged"];
export type AuditEntry = S["AuditEntry"];
export type AuditVerdict = S["AuditVerdict"];
export type AccountTold = S["AccountTold"];
export type KeyTold = S["KeyTold"];
export type Setting = S["SettingTold"];
export type Settings = S["SettingsTold"];

// What schema.ts does not describe yet.

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface AnalyzedPicture {
  name: string;
  width: number;
  height: number;
  faces: FaceReading[];
  problem: string;
}

export interface ImportJob {
  import_id: string;
  state: "waiting" | "running" | "done" | "failed";
  done: number;
  total: number;
  people: number;
  pictures: number;
  refused: { name: string; reason: string }[];
  problem: string;
}

export interface Model {
  name: string;
  task: string;
  is_used: boolean;
  is_installed: boolean;
  licence: string;
  size_bytes: number;
  summary: string;
}

export interface ModelPage extends Model {
  source: string;
  sha256: string;
  input: string;
  measured: { what: string; value: string; on: string }[];
  limits: string[];
}

export interface SystemHealth {
  version: string;
  started_at: string;
  uptime_s: number;
  cpu_percent: number;
  memory_bytes: number;
  disk_free_bytes: number;
  home: string;
  database: { kind: string; bytes: number; schema: string };
  live_clients: number;
  timings: { stage: string; median_ms: number; p95_ms: number }[];
  cameras: Camera[];
  warnings: string[];
}

export interface SignUpTerms {
  mode: "off" | "invitation" | "open";
  consent_version: string;
  consent_text: string;
  scopes: Scope[];
  snapshots: number;
}
