/** DER, written: short names for what a PFX file is made of. Each item is its encoding. */
import { type Bytes, concatenate } from "../bytes.ts";
import { Tag } from "./read.ts";

const constructed = 0x20;
const contextSpecific = 0x80;

export const sequence = (...items: Uint8Array[]): Bytes => node(Tag.SEQUENCE + constructed, ...items);

/** A SET OF: DER has its elements in the order of their encodings. */
export const setOf = (...items: Uint8Array[]): Bytes => node(Tag.SET + constructed, ...items.toSorted(compare));

export function oid(value: string): Bytes {
  const [first = 0, second = 0, ...others] = value.split(".").map(Number);
  return node(Tag.OBJECT_IDENTIFIER, Uint8Array.from([first * 40 + second, ...others].flatMap(base128)));
}

/** From 0. */
export const integer = (value: number): Bytes => unsignedInteger(Uint8Array.from(base256(value)));
export const nothing = (): Bytes => node(5);
export const octetString = (value: Uint8Array): Bytes => node(Tag.OCTET_STRING, value);
export const bitString = (value: Uint8Array): Bytes => node(Tag.BIT_STRING, new Uint8Array(1), value);

export function bmpString(value: string): Bytes {
  const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index));
  return node(Tag.BMP_STRING, Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff])));
}

/** `[tagNumber] EXPLICIT`. */
export const explicit = (tagNumber: number, item: Uint8Array): Bytes =>
  node(contextSpecific + constructed + tagNumber, item);

/** `[tagNumber] IMPLICIT OCTET STRING`. */
export const implicitOctetString = (tagNumber: number, value: Uint8Array): Bytes =>
  node(contextSpecific + tagNumber, value);

/** An INTEGER from its magnitude, most significant octet first. */
export function unsignedInteger(magnitude: Uint8Array): Bytes {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const significant = start === -1 ? new Uint8Array(1) : magnitude.subarray(start);
  const needsZero = ((significant[0] ?? 0) & 0x80) !== 0;
  return node(Tag.INTEGER, new Uint8Array(needsZero ? 1 : 0), significant);
}

function node(identifier: number, ...contents: Uint8Array[]): Bytes {
  const length = contents.reduce((total, part) => total + part.length, 0);
  const octets = base256(length);
  const lengthOctets = length < 0x80 ? [length] : [0x80 + octets.length, ...octets];
  return concatenate([Uint8Array.of(identifier, ...lengthOctets), ...contents]);
}

/** The digits of a number, most significant first; none of 0. */
function base256(value: number): number[] {
  return value === 0 ? [] : [...base256(Math.floor(value / 256)), value % 256];
}

/** As object identifiers have their parts: all octets but the last have the highest bit set. */
function base128(value: number): number[] {
  const high = Math.floor(value / 128);
  return [...(high === 0 ? [] : base128(high).map((octet) => octet | 0x80)), value % 128];
}

function compare(one: Uint8Array, other: Uint8Array): number {
  for (const [index, byte] of one.entries()) {
    const difference = byte - (other[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
