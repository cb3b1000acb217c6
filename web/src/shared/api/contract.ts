/** Which routes there are: as schema.ts has them, which `npm run api` writes from what a running service describes. */
import type { paths as Described } from "./schema";
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

/** Areas that the description in schema.ts does not hold yet; what it holds is taken out here. */
interface Undescribed {
  "/api/v1/session/face": { post: Send<{ ticket: string }, T.LoggedIn> };
  "/api/v1/signup": {
    get: Get<T.SignUpTerms>;
    post: Send<{ name: string; password: string; agrees_to: T.Scope[]; consent_version: string; invitation?: string }, { ticket: string }>;
  };
  "/api/v1/invitations": { post: Send<{ name: string; days?: number }, { invitation: string; expires_at: string }> };
  "/api/v1/imports/{job_id}": { get: Get<T.ImportJob, Query, { job_id: string }> };
  "/api/v1/models": { get: Get<T.Page<T.Model>> };
  "/api/v1/models/{name}": { get: Get<T.ModelPage, Query, { name: string }> };
  "/api/v1/system": { get: Get<T.SystemHealth> };
}

export type paths = Described & Undescribed;
