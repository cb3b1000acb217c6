/** Copies a text for whoever is to paste it elsewhere, and says so. */
import { say, sayFailure } from "./toasts";

export function copy(text: string): void {
  // Browsers lend the clipboard to https and to this machine alone.
  if (!navigator.clipboard) sayFailure(new Error("This browser does not let the page copy: mark the text, and copy it yourself."));
  else navigator.clipboard.writeText(text).then(() => say("Copied."), sayFailure);
}
