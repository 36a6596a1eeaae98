/**
 * Finds characters that nobody sees or intends in a pasted name. A name with such a character never matches the user or the key,
 * and the import fails on the device, days later.
 */

/** Controls, halves of surrogate pairs, line separators, and every character that Unicode calls invisible. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Almost every name: found out faster. */
const plain = /^[ -~]*$/;
/** White space other than a plain space looks like one. */
const oddSpace = /[^\S ]/u;

/**
 * Describes the first hidden character, such as "a hidden character U+200E at position 1"; undefined if there is none.
 * Positions are counted in characters, from 1.
 */
export function hiddenCharacterIn(text: string): string | undefined {
  if (plain.test(text)) return undefined;
  return found("a hidden character", hidden, text) ?? found("an unusual space", oddSpace, text);
}

/** Describes white space at either end; undefined if there is none. */
export function surroundingSpaceIn(text: string): string | undefined {
  if (/^\s/u.test(text)) return "a space at the start";
  return /\s$/u.test(text) ? "a space at the end" : undefined;
}

/** Describes the first character that the pattern finds, by its code and position: never by the text around it. */
export function found(what: string, pattern: RegExp, text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `${what} U+${code} at position ${[...text.slice(0, match.index)].length + 1}`;
}
