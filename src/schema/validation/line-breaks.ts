/** Removes line breaks from base64: many tools write them, and Graph does not accept them. */

/** Returns the text as it is sent to Graph. */
export function withoutLineBreaks(text: string): string {
  return text.replace(/[\r\n]+/g, "");
}
