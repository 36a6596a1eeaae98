/** Line breaks in base64: many tools write them, Graph does not take them. */

/** The text as it is sent to Graph. */
export function withoutLineBreaks(text: string): string {
  return text.replace(/[\r\n]+/g, "");
}
