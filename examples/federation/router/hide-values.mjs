/**
 * Takes values out of a router's own errors. A router checks variables and literals before it asks a subgraph, and graphql-js quotes
 * the whole value: with one property missing or misspelt, a mutation's error would hold the PFX file and its password.
 */

/**
 * The message without values; unchanged if it quotes none.
 *
 * @param {string} message
 */
export function withoutValues(message) {
  const [, variable] = /^Variable "(\$\w{1,100})" /.exec(message) ?? [];
  if (variable !== undefined) {
    // These words are graphql-js's own, and the names in them are the schema's.
    const [missing] = /Field "\w{1,100}" of required type "[\w![\]]{1,100}" was not provided\.$/.exec(message) ?? [];
    return `Variable "${variable}" has an invalid value${missing === undefined ? "." : `; ${missing}`}`;
  }
  const quotesLiteral =
    /^(?:Expected value of type|Enum|Value|String|Int|Float|Boolean|ID) .*(?:found|cannot represent|does not exist)/s;
  return quotesLiteral.test(message) ? "A value of the document has the wrong type." : message;
}
