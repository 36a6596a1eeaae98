/**
 * ASN.1 as this library reads it, in DER or BER and with limits: a tree of plain nodes. They are views into the bytes that were
 * read, so that erasing those erases what the tree shows.
 *
 * @see https://www.itu.int/rec/T-REC-X.690
 */
import { type Bytes, concatenate } from "../bytes.ts";

/** Bytes that are not the ASN.1 that was expected. What that means for the file is decided where the file is read. */
export class Asn1Error extends Error {}

export interface Asn1Node {
  readonly tagClass: TagClass;
  readonly tagNumber: number;
  readonly isConstructed: boolean;
  /** Empty where the node is primitive. */
  readonly children: readonly Asn1Node[];
  /** The value's octets; of a constructed node those of all its children, tags included. */
  readonly content: Uint8Array;
  /** The whole node: tag, length and value. */
  readonly encoded: Uint8Array;
}

export type TagClass = "universal" | "application" | "context" | "private";

/** The universal tags that occur in PFX files and certificates. */
export const Tag = {
  BOOLEAN: 1,
  INTEGER: 2,
  BIT_STRING: 3,
  OCTET_STRING: 4,
  OBJECT_IDENTIFIER: 6,
  UTF8_STRING: 12,
  SEQUENCE: 16,
  SET: 17,
  PRINTABLE_STRING: 19,
  T61_STRING: 20,
  IA5_STRING: 22,
  UTC_TIME: 23,
  GENERALIZED_TIME: 24,
  UNIVERSAL_STRING: 28,
  BMP_STRING: 30,
} as const;

const maxDepth = 32;
/** More would not fit into 32 bits, which neither a tag nor a length of a file of some megabytes needs. */
const maxNumberOctets = 4;
const tagClasses: readonly TagClass[] = ["universal", "application", "context", "private"];

/** How many nodes may still be read: one budget for all the parts of one file. */
export class NodeBudget {
  left = 20_000;
}

/**
 * The first ASN.1 value of `bytes`. What comes after its end is ignored.
 *
 * @throws {Asn1Error} where there is none, or it is deeper than 32 levels, or has more nodes than the budget allows
 */
export function readAsn1(bytes: Uint8Array, budget: NodeBudget): Asn1Node {
  return readNode(bytes, budget, 1);
}

function readNode(bytes: Uint8Array, budget: NodeBudget, depth: number): Asn1Node {
  budget.left -= 1;
  if (budget.left < 0) throw new Asn1Error("too many nodes");
  if (depth > maxDepth) throw new Asn1Error("too many levels");
  const { tagClass, tagNumber, isConstructed, headerBytes, contentBytes } = readHeader(bytes);
  const children: Asn1Node[] = [];
  const limit = contentBytes === undefined ? bytes.length : headerBytes + contentBytes;
  let end = isConstructed ? headerBytes : limit;
  while (contentBytes === undefined ? !isEndOfContents(bytes, end) : end < limit) {
    const child = readNode(bytes.subarray(end, limit), budget, depth + 1);
    children.push(child);
    end += child.encoded.length;
  }
  return {
    tagClass,
    tagNumber,
    isConstructed,
    children,
    content: bytes.subarray(headerBytes, end),
    encoded: bytes.subarray(0, contentBytes === undefined ? end + 2 : end),
  };
}

interface Header extends Pick<Asn1Node, "tagClass" | "tagNumber" | "isConstructed"> {
  readonly headerBytes: number;
  /** `undefined` where the length is indefinite: the contents go on until two zeros. */
  readonly contentBytes: number | undefined;
}

function readHeader(bytes: Uint8Array): Header {
  let offset = 0;
  const next = (): number => {
    const octet = bytes[offset];
    if (octet === undefined) throw new Asn1Error("the end in the middle of a node");
    offset += 1;
    return octet;
  };
  const identifier = next();
  const tagClass = tagClasses[identifier >> 6] ?? "universal";
  const isConstructed = (identifier & 0x20) !== 0;
  const tagNumber = (identifier & 0x1f) === 0x1f ? readLongTag(next) : identifier & 0x1f;
  const contentBytes = readLength(next);
  if (contentBytes === undefined && !isConstructed) throw new Asn1Error("a primitive node of indefinite length");
  if (contentBytes !== undefined && contentBytes > bytes.length - offset)
    throw new Asn1Error("a node that is cut short");
  return { tagClass, tagNumber, isConstructed, headerBytes: offset, contentBytes };
}

function readLongTag(next: () => number): number {
  let tagNumber = 0;
  for (let octets = 0; octets < maxNumberOctets; octets += 1) {
    const octet = next();
    tagNumber = tagNumber * 128 + (octet & 0x7f);
    if ((octet & 0x80) === 0) return tagNumber;
  }
  throw new Asn1Error("a tag too large");
}

function readLength(next: () => number): number | undefined {
  const first = next();
  if (first < 0x80) return first;
  if (first === 0x80) return undefined;
  const octets = first & 0x7f;
  if (octets > maxNumberOctets) throw new Asn1Error("a length too large");
  let length = 0;
  for (let index = 0; index < octets; index += 1) length = length * 256 + next();
  return length;
}

function isEndOfContents(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === 0 && bytes[offset + 1] === 0;
}

export function isUniversal(node: Asn1Node | undefined, tagNumber: number): node is Asn1Node {
  return node !== undefined && node.tagClass === "universal" && node.tagNumber === tagNumber;
}

export function isContext(node: Asn1Node | undefined, tagNumber: number): node is Asn1Node {
  return node !== undefined && node.tagClass === "context" && node.tagNumber === tagNumber;
}

function expectUniversal(node: Asn1Node | undefined, tagNumber: number): Asn1Node {
  if (!isUniversal(node, tagNumber)) throw new Asn1Error(`a node with the tag ${tagNumber} is missing`);
  return node;
}

/** The elements of a SEQUENCE. */
export function sequence(node: Asn1Node | undefined): readonly Asn1Node[] {
  return expectUniversal(node, Tag.SEQUENCE).children;
}

/** The elements of a SET. */
export function set(node: Asn1Node | undefined): readonly Asn1Node[] {
  return expectUniversal(node, Tag.SET).children;
}

/** What an explicit tag `[tagNumber]` holds. */
export function explicit(node: Asn1Node | undefined, tagNumber: number): Asn1Node {
  const inner = isContext(node, tagNumber) ? node.children[0] : undefined;
  if (inner === undefined) throw new Asn1Error(`the element [${tagNumber}] is missing`);
  return inner;
}

/** The value of an OCTET STRING, which BER allows in parts. */
export function octetString(node: Asn1Node | undefined): Uint8Array {
  return octets(expectUniversal(node, Tag.OCTET_STRING));
}

/** The value of an OCTET STRING with an implicit tag `[tagNumber]`. */
export function implicitOctetString(node: Asn1Node | undefined, tagNumber: number): Uint8Array {
  if (!isContext(node, tagNumber)) throw new Asn1Error(`the element [${tagNumber}] is missing`);
  return octets(node);
}

function octets(node: Asn1Node): Uint8Array {
  return node.isConstructed ? concatenate(node.children.map(octetString)) : node.content;
}

/** The bits of a BIT STRING, as whole bytes, and how many bits of the last byte do not count. */
export function bitString(node: Asn1Node | undefined): { bytes: Uint8Array; unusedBits: number } {
  const { content, isConstructed } = expectUniversal(node, Tag.BIT_STRING);
  const unusedBits = content[0];
  if (isConstructed || unusedBits === undefined || unusedBits > 7) throw new Asn1Error("no readable BIT STRING");
  return { bytes: content.subarray(1), unusedBits };
}

export function integer(node: Asn1Node | undefined): bigint {
  const bytes = integerBytes(node);
  if (bytes.length > 32) throw new Asn1Error("an INTEGER too large to be a number");
  const unsigned = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, unsigned);
}

/** The octets of an INTEGER, most significant first, as they are encoded. */
export function integerBytes(node: Asn1Node | undefined): Uint8Array {
  const { content, isConstructed } = expectUniversal(node, Tag.INTEGER);
  if (isConstructed || content.length === 0) throw new Asn1Error("an INTEGER without a value");
  return content;
}

/** An object identifier in dots: `1.2.840.113549.1.7.1`. */
export function objectIdentifier(node: Asn1Node | undefined): string {
  const { content, isConstructed } = expectUniversal(node, Tag.OBJECT_IDENTIFIER);
  if (isConstructed || content.length === 0 || content.length > 64) throw new Asn1Error("no object identifier");
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = arc * 128n + BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first, ...others] = arcs;
  if (first === undefined || ((content.at(-1) ?? 0) & 0x80) !== 0)
    throw new Asn1Error("an object identifier cut short");
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...others].join(".");
}

/** The text of any of ASN.1's string types; `undefined` of anything else. */
export function text(node: Asn1Node | undefined): string | undefined {
  if (node?.tagClass !== "universal" || node.isConstructed) return undefined;
  switch (node.tagNumber) {
    case Tag.UTF8_STRING:
    case Tag.PRINTABLE_STRING:
    case Tag.IA5_STRING:
      return new TextDecoder().decode(node.content);
    case Tag.T61_STRING:
      return new TextDecoder("latin1").decode(node.content);
    case Tag.BMP_STRING:
      return new TextDecoder("utf-16be").decode(node.content);
    case Tag.UNIVERSAL_STRING:
      return universalString(node.content);
    default:
      return undefined;
  }
}

/** Four octets a character. */
function universalString(content: Uint8Array): string {
  let decoded = "";
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let offset = 0; offset + 4 <= content.length; offset += 4) {
    const codePoint = view.getUint32(offset);
    decoded += codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : "\uFFFD";
  }
  return decoded;
}

/** An `AlgorithmIdentifier`: which algorithm, and its parameters. */
export function algorithmIdentifier(node: Asn1Node | undefined): { oid: string; parameters: Asn1Node | undefined } {
  const [oid, parameters] = sequence(node);
  return { oid: objectIdentifier(oid), parameters };
}

/** A copy of a node's bytes, for WebCrypto, which takes no views into shared memory. */
export function copyOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}
