/** Asks the service what is on a picture. */
import { Problem, sendForm } from "@/shared/api/client";
import type { AnalyzedPicture } from "@/shared/api/types";

const AGAIN_MS = 500;

/** What is on a picture; while others of this account are being looked at it waits. */
export async function analyze(file: File, isWanted: () => boolean): Promise<AnalyzedPicture> {
  const form = new FormData();
  form.append("pictures", file, file.name);
  for (;;) {
    try {
      const { items } = await sendForm<{ items: AnalyzedPicture[] }>("/analyze", form);
      if (items[0]) return items[0];
      throw new Problem(500, "The service said nothing of it.");
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 429 || !isWanted()) throw error;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}
