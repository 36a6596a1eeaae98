/**
 * X.501 names as text, and the e-mail addresses in them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4514
 */
import { type Asn1Node, objectIdentifier, sequence, set, text } from "../asn1/read.ts";
import { printable, toHex } from "../bytes.ts";

const emailAddress = "1.2.840.113549.1.9.1";

const attributeNames: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.4", "SN"],
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.12", "T"],
  ["2.5.4.42", "GIVENNAME"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  [emailAddress, "E"],
]);

/** Longer values are cut, and shown as the bytes that they are. */
const maxValueBytes = 4096;

interface Attribute {
  readonly type: string;
  readonly value: Asn1Node | undefined;
}

/** The last part of the name first, as RFC 4514 and Windows write it. */
export function distinguishedName(name: Asn1Node | undefined): string {
  return relativeNames(name)
    .reverse()
    .map((attributes) => attributes.map(toText).join("+"))
    .join(",");
}

export function emailAddressesOf(name: Asn1Node | undefined): readonly string[] {
  return relativeNames(name)
    .flat()
    .flatMap(({ type, value }) => (type === emailAddress ? [text(value) ?? ""] : []))
    .filter((address) => address !== "");
}

function relativeNames(name: Asn1Node | undefined): Attribute[][] {
  return sequence(name).map((relativeName) =>
    set(relativeName).map((attribute) => {
      const [type, value] = sequence(attribute);
      return { type: objectIdentifier(type), value };
    }),
  );
}

function toText({ type, value }: Attribute): string {
  const content = (value?.content.length ?? 0) > maxValueBytes ? undefined : text(value);
  const escaped =
    content === undefined
      ? `#${toHex((value?.encoded ?? new Uint8Array(0)).subarray(0, maxValueBytes))}`
      : printable(content).replace(/["+,;<>\\]|^[ #]| $/g, (special) => `\\${special}`);
  return `${attributeNames.get(type) ?? type}=${escaped}`;
}
