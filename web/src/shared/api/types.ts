/** What the service sends and is sent, under the names that the app uses. */
import type { components } from "./schema";

type S = components["schemas"];

export type Role = S["LoggedIn"]["role"];
export type Scope = NonNullable<S["ConsentAsked"]["scopes"]>[number];
export type Standing = S["PersonCard"]["standing"];
export type PictureState = S["PictureCard"]["state"];
export type Span = S["TimelinesTold"]["span"];
export type EventKind = S["EventShown"]["kind"];
export type KeyScope = S["KeyTold"]["scopes"][number];

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
export type DoubtfulPicture = S["DoubtfulPicture"];
export type DoubtfulPage = S["DoubtfulPage"];
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
export type ExportForeseen = S["ExportForeseen"];
export type Purged = S["Purged"];
export type AuditEntry = S["AuditEntry"];
export type AuditVerdict = S["AuditVerdict"];
export type AccountTold = S["AccountTold"];
export type KeyTold = S["KeyTold"];
export type SignUpTerms = S["SignUpTerms"];
export type Invitation = S["Invitation"];
export type Model = S["Model"];
export type ModelPage = S["ModelPage"];
export type Measured = S["Measured"];
export type SystemHealth = S["SystemHealth"];
export type AnalyzedPicture = Omit<S["AnalyzedPicture"], "faces"> & { faces: FaceReading[] };
export type ImportJob = S["ImportJob"];
export type ImportAsked = S["ImportAsked"];
export type Setting = S["SettingTold"];
export type Settings = S["SettingsTold"];

/** What sockets say: the service leaves out nothing that it might. */
type Told<Name extends keyof S> = Required<S[Name]>;
export type PreviewHeader = S["PreviewHeader"];
export type Engine = Pick<S["EngineMessage"], "phase" | "detail">;
export type LiveMessage =
  | (Omit<Told<"ReadingMessage">, "faces"> & { faces: FaceReading[] })
  | Told<"StatusMessage">
  | Told<"EventMessage">
  | Told<"MissedMessage">
  | Told<"EngineMessage">;
export type BrowserMessage = Told<"BrowserReady"> | (Omit<Told<"AckMessage">, "reading"> & { reading: FrameReading | null });
export type SittingMessage = Told<"CameraReady"> | Told<"ChallengeProgress"> | Told<"SnapshotProgress"> | Told<"FrameRefused"> | Told<"FaceResult"> | Told<"EnrolmentResult">;
export type Watch = S["Watch"];
export type Begin = S["Begin"];
export type BeginEnrolment = S["BeginEnrolment"];

/** A page of any list. */
export interface Page<T> {
  items: T[];
  next?: string | null;
}
