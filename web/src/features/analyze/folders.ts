/** Which person each file of a chosen folder is of: that of the folder that it lies in. */

export interface PersonsFile {
  /** What it is called to the service: the person, and the rest of its path. */
  path: string;
  file: File;
}

/**
 * Files by person, in the order of names; what lies in no folder of its own is nobody's.
 *
 * A folder that has folders in it holds people, as deep as their pictures may lie; one that has none is a person.
 */
export function peopleOf(files: readonly File[]): Map<string, PersonsFile[]> {
  const seen = files.map((file) => ({ file, parts: file.webkitRelativePath.split("/") })).filter(({ parts }) => !parts.some((one) => one.startsWith(".")));
  const holdsPeople = new Set(seen.filter(({ parts }) => parts.length > 2).map(({ parts }) => parts[0]));
  const found = new Map<string, PersonsFile[]>();
  for (const { file, parts } of seen) {
    const own = holdsPeople.has(parts[0]) ? parts.slice(1) : parts;
    const [name] = own;
    if (!name || own.length < 2) continue;
    const one = { path: own.join("/"), file };
    const known = found.get(name);
    if (known) known.push(one);
    else found.set(name, [one]);
  }
  for (const own of found.values()) own.sort((one, other) => inOrder(one.path, other.path));
  return new Map([...found].sort(([one], [other]) => inOrder(one, other)));
}

const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;
