/** Which routes there are, in the form that openapi-typescript writes and openapi-fetch reads. */
import type * as T from "./types";

type Json<R> = { content: { "application/json": R } };
type Query = Record<string, unknown>;
type NoPath = never;
type Params<P, Q> = { query?: Q; header?: { "If-Match"?: string } } & ([P] extends [never] ? { path?: never } : { path: P });
interface Get<R, Q = Query, P = NoPath> {
  parameters: Params<P, Q>;
  responses: { 200: Json<R> };
}
interface Send<B, R, P = NoPath, Q = Query> {
  parameters: Params<P, Q>;
  requestBody: { content: { "application/json": B } };
  responses: { 200: Json<R> };
}
interface Bare<R, P = NoPath, Q = Query> {
  parameters: Params<P, Q>;
  responses: { 200: Json<R> };
}
type OfPerson = { person_id: string };
type Paging = { limit?: number; after?: string };
type DryRun = { dry_run?: boolean };

export interface paths {
  "/api/v1/setup": { get: Get<{ needed: boolean }>; post: Send<{ token: string; name: string; password: string }, T.LoggedIn> };
  "/api/v1/session": {
    get: Get<T.LoggedIn>;
    post: Send<{ name: string; password: string }, T.LoggedIn>;
    delete: Bare<void>;
  };
  "/api/v1/session/face": { post: Send<{ ticket: string }, T.LoggedIn> };
  "/api/v1/signup": {
    get: Get<T.SignUpTerms>;
    post: Send<{ name: string; password: string; agrees_to: T.Scope[]; consent_version: string; invitation?: string }, { ticket: string }>;
  };
  "/api/v1/invitations": { post: Send<{ name: string; days?: number }, { invitation: string; expires_at: string }> };
  "/api/v1/version": { get: Get<{ version: string }> };
  "/api/v1/cameras": { get: Get<T.Page<T.Camera>> };
  "/api/v1/events": { get: Get<T.Page<T.LiveEvent>, Paging & { camera?: string; kind?: T.EventKind[]; person?: string }> };
  "/api/v1/people": {
    get: Get<T.Page<T.PersonCard>, Paging & { q?: string; kind?: "enrolled" | "stranger"; everybody?: boolean }>;
  };
  "/api/v1/people/{person_id}": {
    get: Get<T.PersonPage, Query, OfPerson>;
    patch: Send<{ name?: string; standing?: T.Standing }, T.Done, OfPerson, DryRun>;
    delete: Bare<T.Done, OfPerson, DryRun>;
  };
  "/api/v1/people/{person_id}/restore": { post: Bare<T.Done, OfPerson> };
  "/api/v1/people/{person_id}/pictures": { get: Get<T.Page<T.PictureCard>, Paging, OfPerson> };
  "/api/v1/people/{person_id}/groups": { get: Get<T.Groups, Query, OfPerson> };
  "/api/v1/people/{person_id}/sightings": { get: Get<T.Page<T.Sighting>, Paging, OfPerson> };
  "/api/v1/people/{person_id}/split": {
    post: Send<{ picture_ids: number[]; name?: string; consent?: T.ConsentAsked }, T.Done, OfPerson, DryRun>;
  };
  "/api/v1/people/{person_id}/consents": {
    get: Get<T.Consents, Query, OfPerson>;
    post: Send<T.ConsentAsked, T.ConsentGiven, OfPerson, DryRun>;
    delete: Bare<T.ConsentWithdrawn, OfPerson, DryRun & { scope: T.Scope[] }>;
  };
  "/api/v1/people/merge": { post: Send<{ into: string; others: string[] }, T.Done, NoPath, DryRun> };
  "/api/v1/pictures/state": { post: Send<{ picture_ids: number[]; state: T.PictureState }, T.Done, NoPath, DryRun> };
  "/api/v1/pictures/move": { post: Send<{ picture_ids: number[]; to: string }, T.Done, NoPath, DryRun> };
  "/api/v1/changes": { get: Get<T.Page<T.ChangeCard>, Paging & { person?: string }> };
  "/api/v1/changes/undo": { post: Send<{ change_id?: number }, T.Undone> };
  "/api/v1/review": { get: Get<T.ReviewPage, Paging & { ignored?: boolean }> };
  "/api/v1/review/assign": { post: Send<{ strangers: string[]; to: string }, T.Done, NoPath, DryRun> };
  "/api/v1/review/new": { post: Send<{ strangers: string[]; name: string; consent?: T.ConsentAsked }, T.Done, NoPath, DryRun> };
  "/api/v1/review/ignore": { post: Send<{ strangers: string[] }, T.Done, NoPath, DryRun> };
  "/api/v1/review/discard": { post: Send<{ strangers: string[] }, T.Done, NoPath, DryRun> };
  "/api/v1/timelines": { get: Get<T.Timelines, { person: string[]; span: T.Span; from: string; to: string }> };
  "/api/v1/imports/{job_id}": { get: Get<T.ImportJob, Query, { job_id: string }> };
  "/api/v1/settings": { get: Get<T.Page<T.Setting>>; patch: Send<Record<string, unknown>, T.Page<T.Setting>> };
  "/api/v1/settings/schema": { get: Get<Record<string, unknown>> };
  "/api/v1/models": { get: Get<T.Page<T.Model>> };
  "/api/v1/models/{name}": { get: Get<T.ModelPage, Query, { name: string }> };
  "/api/v1/system": { get: Get<T.SystemHealth> };
  "/api/v1/privacy/purpose": { get: Get<T.PurposeTold> };
  "/api/v1/privacy/retention": { get: Get<{ kept: Record<string, number> }> };
  "/api/v1/privacy/forget/{person_id}": { post: Send<{ agreed: string[] } | null, T.ForgetTold, OfPerson, DryRun> };
  "/api/v1/privacy/purge": { post: Bare<T.Purged, NoPath, DryRun> };
  "/api/v1/privacy/audit": { get: Get<T.Page<T.AuditEntry>, Paging> };
  "/api/v1/privacy/audit/verify": { get: Get<T.AuditVerdict> };
  "/api/v1/accounts": {
    get: Get<{ items: T.AccountTold[]; next: number | null }, { limit?: number; after?: number }>;
    post: Send<{ name: string; role: T.Role; password?: string; person_id?: string }, T.AccountTold>;
  };
  "/api/v1/accounts/{account_id}": {
    patch: Send<{ role?: T.Role; is_enabled?: boolean; allows_face?: boolean; person_id?: string; password?: string }, T.AccountTold, { account_id: number }>;
    delete: Bare<void, { account_id: number }>;
  };
  "/api/v1/account/password": { post: Send<{ current: string; new: string }, T.LoggedIn> };
  "/api/v1/keys": {
    get: Get<T.Page<T.KeyTold>>;
    post: Send<{ label: string; scopes: T.KeyScope[]; days?: number | null }, T.KeyTold & { secret: string }>;
  };
  "/api/v1/keys/{key_id}": { delete: Bare<void, { key_id: number }> };
}
