/** What the service asks of a password, said before it is sent. */
export const SHORTEST = 10;

/** What is wrong with a password and its repetition, or nothing. */
export function passwordFault(password: string, again: string): string {
  if (password.length < SHORTEST) return `A password has at least ${SHORTEST} characters; this one has ${password.length}.`;
  if (password !== again) return "The two passwords are not the same.";
  return "";
}
