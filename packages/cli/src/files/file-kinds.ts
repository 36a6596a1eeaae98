/** What a file is, by its name: case does not matter. */

export function isPfxName(name: string): boolean {
  return /\.(?:pfx|p12)$/i.test(name);
}

export function isListName(name: string): boolean {
  return /\.(?:csv|tsv)$/i.test(name);
}
