/** DER, written by `asn1js`: short names for what a PFX file is made of. */
import * as asn1js from "asn1js";
import { type Bytes, concatenate } from "../bytes.ts";

type Item = asn1js.AsnType;

export const sequence = (...value: Item[]): Item => new asn1js.Sequence({ value });

/** A SET OF: DER has its elements in the order of their encodings. */
export function setOf(...elements: Item[]): Item {
  const value = elements
    .map((element) => ({ element, encoded: encode(element) }))
    .sort((one, other) => compare(one.encoded, other.encoded))
    .map(({ element }) => element);
  return new asn1js.Set({ value });
}

export const oid = (value: string): Item => new asn1js.ObjectIdentifier({ value });
export const integer = (value: number): Item => new asn1js.Integer({ value });
export const nothing = (): Item => new asn1js.Null();
export const octetString = (valueHex: Uint8Array): Item =>
  new asn1js.OctetString({ valueHex: new Uint8Array(valueHex) });
export const bmpString = (value: string): Item => new asn1js.BmpString({ value });

/** `[tagNumber] EXPLICIT`. */
export const explicit = (tagNumber: number, value: Item): Item =>
  new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });

/** `[tagNumber] IMPLICIT OCTET STRING`. */
export const implicitOctetString = (tagNumber: number, valueHex: Uint8Array): Item =>
  new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: new Uint8Array(valueHex) });

/** An INTEGER from its magnitude, most significant octet first. */
export function unsignedInteger(magnitude: Uint8Array): Item {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const significant = start === -1 ? new Uint8Array(1) : magnitude.subarray(start);
  const needsZero = ((significant[0] ?? 0) & 0x80) !== 0;
  const valueHex = new Uint8Array(significant.length + (needsZero ? 1 : 0));
  valueHex.set(significant, needsZero ? 1 : 0);
  return new asn1js.Integer({ isHexOnly: true, valueHex });
}

export const bitString = (valueHex: Uint8Array): Item => new asn1js.BitString({ valueHex: new Uint8Array(valueHex) });

export function encode(item: Item): Bytes {
  return new Uint8Array(item.toBER());
}

/** A SEQUENCE of elements that are encoded already. */
export function sequenceOfEncoded(elements: readonly Bytes[]): Bytes {
  const content = concatenate(elements);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const header = content.length < 128 ? [0x30, content.length] : [0x30, 0x80 + length.length, ...length];
  return concatenate([Uint8Array.from(header), content]);
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (const [index, byte] of one.entries()) {
    const difference = byte - (other[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
