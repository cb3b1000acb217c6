/** Which person each file of a chosen folder is of: that of the folder it lies in. */

/** Files by person, in the order of names; what lies in no folder of its own is nobody's. */
export function peopleOf(files: readonly File[]): Map<string, File[]> {
  const found = new Map<string, File[]>();
  const isSingle = new Set(files.map((one) => parents(one)[0])).size === 1 && files.every((one) => parents(one).length === 1);
  for (const file of files) {
    const folders = parents(file);
    // The chosen folder holds the folders of people; where it has none itself, it is that of one person.
    const name = isSingle ? folders[0] : folders.slice(1).at(-1);
    if (name) found.set(name, [...(found.get(name) ?? []), file]);
  }
  return new Map([...found].sort(([one], [other]) => one.localeCompare(other)));
}

function parents(file: File): string[] {
  return file.webkitRelativePath.split("/").slice(0, -1);
}
