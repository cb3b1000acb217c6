/** Who may sign up here, and the links that invite somebody: what they say stands behind a #, which is sent nowhere. */
import { queryOptions } from "@tanstack/react-query";
import { api, told } from "./client";

export const termsQuery = queryOptions({ queryKey: ["signup"], queryFn: () => told(api.GET("/api/v1/signup")), retry: false });

export interface Invited {
  name: string;
  invitation: string;
}

export function linkOf({ name, invitation }: Invited, origin = location.origin): string {
  return `${origin}/#${new URLSearchParams({ invitation, name }).toString()}`;
}

/** Whom the part of an address behind the # invites, or nobody. */
export function invitedBy(hash: string): Invited | null {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  const invitation = told.get("invitation");
  return invitation ? { invitation, name: told.get("name") ?? "" } : null;
}
