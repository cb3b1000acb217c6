/** Pictures that are more than the service takes at once, in parts that it does take. */

export const MOST_PICTURES = 50;
const MOST_BYTES = 60 << 20;

export interface Sent {
  name: string;
  picture: Blob;
}

/** Pictures in parts of at most so many files and bytes, in order. */
export function parts(pictures: readonly Sent[], most = MOST_PICTURES, bytes = MOST_BYTES): Sent[][] {
  const all: Sent[][] = [];
  let size = 0;
  for (const one of pictures) {
    const last = all.at(-1);
    if (!last || last.length >= most || size + one.picture.size > bytes) {
      all.push([one]);
      size = one.picture.size;
    } else {
      last.push(one);
      size += one.picture.size;
    }
  }
  return all;
}
