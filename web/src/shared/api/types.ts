/** What the service sends and is sent: the shapes that its OpenAPI description names. */

export type Role = "viewer" | "operator" | "admin";
export type Scope = "identify" | "expression" | "keep";
export type Standing = "active" | "hidden" | "ignored" | "binned" | "merged" | "faded";
export type PictureState = "active" | "set_aside" | "binned";
export type Span = "minute" | "hour" | "day";

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface LoggedIn {
  account_id: number;
  name: string;
  role: Role;
  person_id: string;
  csrf_token: string;
  expires_at: string | null;
}

export interface Camera {
  name: string;
  state: "connecting" | "online" | "stalled" | "offline" | "disabled";
  reason: string;
  online_s: number;
  decoded_fps: number;
  analysed_fps: number;
  dropped: number;
  reconnects: number;
}

export interface FaceReading {
  track_id: number;
  box: [number, number, number, number];
  landmarks: [number, number][];
  detection_score: number;
  detection_source: "measured" | "carried";
  identity: "known" | "unknown" | "undecided";
  person_id: string;
  person_name: string;
  similarity: number;
  margin: number;
  emotion: string;
  confidence: number;
  emotion_labels: string[];
  probabilities: number[];
  emotion_smoothed: string;
  quality: number;
  quality_reason: string;
  valence: number;
  arousal: number;
  valence_arousal_source: "" | "measured" | "derived";
  liveness: "" | "live" | "spoof";
  liveness_score: number;
  liveness_reason: string;
  pose: number[];
}

export interface FrameReading {
  camera: string;
  index: number;
  time_s: number;
  width: number;
  height: number;
  latency_s: number;
  faces: FaceReading[];
}

export type EventKind = "person_seen" | "stranger_seen" | "spoof_suspected" | "camera_lost" | "camera_recovered";

export interface LiveEvent {
  event_id: string;
  kind: EventKind;
  at: string;
  camera: string;
  person_name: string;
  track_id: number | null;
  person_id: string | null;
  similarity: number | null;
  liveness_score: number | null;
  reason: string | null;
  outage_s: number | null;
}

export interface PersonCard {
  person_id: string;
  name: string;
  kind: "enrolled" | "stranger";
  standing: Standing;
  merged_into: string;
  pictures: number;
  templates: number;
  stored: number;
  best_picture: number | null;
  is_recognised: boolean;
  why_not: "no_templates" | "put_away" | null;
  created_at: string;
}

export interface PersonPage extends PersonCard {
  consents: Scope[];
  visits: number;
  first_seen_at: string | null;
  last_seen_at: string | null;
}

export interface PictureCard {
  picture_id: number;
  person_id: string;
  state: PictureState;
  state_at: string | null;
  quality: number;
  origin: string;
  is_stored: boolean;
  created_at: string;
}

export interface Groups {
  groups: { picture_ids: number[]; similarity: number | null }[];
}

export interface Sighting {
  sighting_id: number;
  camera: string;
  track_id: number;
  identity: string;
  similarity: number;
  began_at: string;
  ended_at: string;
}

/** What was done to people, or would be, in words, and by which number it is taken back. */
export interface Done {
  change_id: number | null;
  kind: string;
  summary: string;
  warnings: string[];
  people: string[];
  is_dry_run: boolean;
}

export interface Undone extends Done {
  taken_back: string[];
}

export interface ChangeCard {
  change_id: number;
  kind: string;
  what: string;
  who: string;
  people: string[];
  at: string;
  is_automatic: boolean;
  undone_at: string | null;
}

export interface ConsentAsked {
  scopes: Scope[];
  version?: string;
  evidence?: string;
  expires_at?: string | null;
}

export interface Enrolled {
  person_id: string | null;
  is_new: boolean;
  is_dry_run: boolean;
  is_declared: boolean;
  accepted: number;
  skipped: number;
  refused: number;
  pictures: { picture: string; outcome: "accepted" | "skipped" | "refused"; reason: string }[];
}

/** Whom a stranger resembles: a person, or another stranger, who has no name. */
export interface Resembled {
  person_id: string;
  name: string;
  similarity: number;
  best_picture: number | null;
}

export interface Stranger {
  person_id: string;
  standing: Standing;
  pictures: number[];
  stored: number;
  best_picture: number | null;
  best_quality: number | null;
  templates: number;
  visits: number;
  first_seen_at: string;
  last_seen_at: string;
  people: Resembled[];
  strangers: Resembled[];
  apart: string[];
}

export interface ReviewPage extends Page<Stranger> {
  total: number;
  named_from: number | null;
  one_from: number;
}

export interface Distribution {
  probabilities: Record<string, number>;
  shares: Record<string, number>;
  unsure: number;
  valence: number | null;
  arousal: number | null;
}

/** A stretch of time; without a distribution the evidence is insufficient, which is not neutral. */
export interface Stretch {
  looks: number;
  people: number;
  is_sufficient: boolean;
  distribution: Distribution | null;
}

export interface Line {
  whole: Stretch;
  points: (Stretch & { at: string })[];
}

export interface PersonLine extends Line {
  person_id: string;
  name: string;
  why_not: string;
}

export interface Apart {
  probabilities: Record<string, number>;
  unsure: number;
  valence: number | null;
  arousal: number | null;
  distance: number;
}

export interface Timelines {
  span: Span;
  from: string;
  to: string;
  least_looks: number;
  why_not: string;
  people: PersonLine[];
  group: Line | null;
  comparison: { whole: Apart | null; points: (Apart & { at: string })[] } | null;
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

export interface Setting {
  key: string;
  value: unknown;
  default: unknown;
  source: string;
  needs_restart: boolean;
  is_pending: boolean;
  description: string;
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

export interface PurposeTold {
  purpose: string;
  meaning: string;
  basis: string;
  reference: string;
  expressions: boolean;
  why_not: string;
  blur_strangers: boolean;
  purposes: Record<string, string>;
}

export interface ConsentCard {
  scope: Scope;
  version: string;
  evidence: string;
  given_at: string;
  expires_at: string | null;
  withdrawn_at: string | null;
  is_valid: boolean;
  is_declared: boolean;
}

export interface Consents {
  person_id: string;
  kind: "enrolled" | "stranger";
  valid: Scope[];
  record: ConsentCard[];
}

export interface ConsentGiven {
  person_id: string;
  given: Scope[];
  before: Scope[];
  why_not: string | null;
  is_dry_run: boolean;
}

export interface Gone {
  templates: number;
  pictures: number;
  readings: number;
  visit_templates: number;
  visit_pictures: number;
}

export interface ConsentWithdrawn {
  person_id: string;
  withdrawn: Scope[];
  gone: Gone;
  stays: Gone & { scopes: Scope[]; entries: number };
  warnings: string[];
  is_dry_run: boolean;
}

/** Who goes, or went, with what; ``person_ids`` are to be agreed to. */
export interface ForgetTold {
  person_id: string;
  person_ids: string[];
  summary: string;
  warnings: string[];
  counts: Record<string, number>;
  outside: { kind: string; path: string; at: string }[];
  is_dry_run: boolean;
}

export interface Purged {
  counts: Record<string, number>;
  left: number;
  unfinished: string;
  is_dry_run: boolean;
}

export interface AuditEntry {
  number: number;
  at: string;
  actor: string;
  action: string;
  people: string[];
  facts: Record<string, unknown>;
  hash: string;
}

export interface AuditVerdict {
  is_whole: boolean;
  entries: number;
  torn: number;
  line: number;
  reason: string;
}

export interface AccountTold {
  account_id: number;
  name: string;
  role: Role;
  created_at: string;
  person_id: string;
  is_enabled: boolean;
  allows_face: boolean;
  has_password: boolean;
}

export type KeyScope = "read" | "people" | "analyze" | "privacy" | "settings";

export interface KeyTold {
  key_id: number;
  account_id: number;
  label: string;
  begins: string;
  scopes: KeyScope[];
  created_at: string;
  expires_at: string | null;
  used_at: string | null;
}

export interface SignUpTerms {
  mode: "off" | "invitation" | "open";
  consent_version: string;
  consent_text: string;
  scopes: Scope[];
  snapshots: number;
}
