/** The gateway's rule for user principal names, and what is wrong with a name that breaks it. */
import { printable } from "./bytes.ts";

const maxLength = 1024;
const forbidden: ReadonlyMap<string, string> = new Map([
  ['"', "a double quote"],
  ["<", "an angle bracket"],
  [">", "an angle bracket"],
  [":", "a colon"],
  [",", "a comma"],
  ...Array.from("“”„‟«»", (mark): [string, string] => [mark, "a quotation mark"]),
]);

/**
 * Why `name` can't be a user principal name, as the end of a sentence; `undefined` where nothing is wrong with it.
 * Guests (`#EXT#`) and apostrophes are fine.
 */
export function problemOfUserPrincipalName(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (name.length > maxLength) return `it has more than ${maxLength} characters`;
  let position = 0;
  for (const character of name) {
    position += 1;
    const found = describe(character);
    if (found !== undefined) return `it has ${found} at position ${position}`;
  }
  const parts = name.split("@");
  if (parts.length === 1) return "it has no @";
  if (parts.length > 2) return "it has more than one @";
  if (parts.includes("")) return "there is nothing before or after its @";
  if (name.endsWith(".")) return "it ends with a dot";
  return undefined;
}

function describe(character: string): string | undefined {
  const codePoint = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  if (/\s/u.test(character)) return `a white-space character ${codePoint}`;
  if (/\p{Cc}/u.test(character)) return `a control character ${codePoint}`;
  if (/[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u.test(character)) return `a hidden character ${codePoint}`;
  const name = forbidden.get(character);
  return name === undefined ? undefined : `${name} (${printable(character)})`;
}
