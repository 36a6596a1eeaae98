/**
 * Finds what nobody sees in a secret: a line end, a byte order mark, a no-break space. An editor, a shell or a web page added
 * it, and it would be sent with the secret. Unlike the rules for names, this tells no code and no exact position: both are part of the
 * secret.
 */

/** From the more to the less special. */
const kinds: readonly (readonly [name: string, characters: RegExp])[] = [
  ["a line end", /[\n\r\u0085\u2028\u2029]+/u],
  ["a tab", /\t+/u],
  ["a control character", /\p{Cc}+/u],
  ["a character that could not be read", /[\uFFFD\p{Cs}]+/u],
  ["an invisible character", /[\p{Cf}\p{Default_Ignorable_Code_Point}]+/u],
  ["a special space", /(?:(?! )\p{Zs})+/u],
];

/** Such as `a line end at its end`, never the character itself; `undefined` if there is none. */
export function oddCharacterInSecret(text: string): string | undefined {
  for (const [name, characters] of kinds) {
    const found = characters.exec(text);
    if (found !== null) return `${name} ${positionOf(found.index, found[0].length, text.length)}`;
  }
  if (text.startsWith(" ")) return "a space at its start";
  return text.endsWith(" ") ? "a space at its end" : undefined;
}

function positionOf(index: number, length: number, total: number): string {
  if (index === 0) return "at its start";
  return index + length === total ? "at its end" : "inside";
}
