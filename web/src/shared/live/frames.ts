/** How what comes over sockets is read, and when they are opened again. */
import type { PreviewHeader } from "@/shared/api/types";

/** The parts of a binary preview: length of the header (uint32, big endian), the header as JSON, the JPEG. */
export function readPreview(data: ArrayBuffer): { header: PreviewHeader; jpeg: Uint8Array<ArrayBuffer> } | null {
  if (data.byteLength < 4) return null;
  const size = new DataView(data).getUint32(0, false);
  if (4 + size > data.byteLength) return null;
  try {
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size))) as PreviewHeader;
    return { header, jpeg: new Uint8Array(data, 4 + size) };
  } catch {
    return null;
  }
}

/** How long to wait before the n-th try in a row, in ms: longer each time, 15 s at most, never all browsers at once. */
export function waitBefore(attempt: number, chance = Math.random()): number {
  return Math.min(15_000, 500 * 2 ** attempt) * (0.7 + 0.6 * chance);
}
