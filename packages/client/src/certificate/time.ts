/** X.509's two ways to write a time, as RFC 3339 in UTC to the second. */
import { Asn1Error, type Asn1Node, isUniversal, Tag } from "../asn1/read.ts";

const time = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d))$/;

/** @throws {Asn1Error} where `node` is no time of the calendar */
export function toDateTime(node: Asn1Node | undefined): string {
  const isUtcTime = isUniversal(node, Tag.UTC_TIME);
  if (!isUtcTime && !isUniversal(node, Tag.GENERALIZED_TIME)) throw new Asn1Error("no time");
  const match = time.exec(new TextDecoder("latin1").decode(node.content));
  const [, yearText = "", month, day, hour, minute, second = "00", sign, offsetHours = "0", offsetMinutes = "0"] =
    match ?? [];
  if (match === null || yearText.length !== (isUtcTime ? 2 : 4)) throw new Asn1Error("a time that can't be read");
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw new Asn1Error("a time of no clock");
  const instant = new Date(0);
  instant.setUTCFullYear(isUtcTime ? century(Number(yearText)) : Number(yearText), Number(month) - 1, Number(day));
  if (instant.getUTCMonth() !== Number(month) - 1) throw new Asn1Error("a day that is in no calendar");
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === "-" ? -1 : 1);
  instant.setUTCHours(Number(hour), Number(minute) - offset, Number(second));
  const year = instant.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new Asn1Error("a year that can't be written");
  return `${instant.toISOString().slice(0, 19)}Z`;
}

/** RFC 5280: 50 to 99 are 19xx, 00 to 49 are 20xx. */
function century(twoDigits: number): number {
  return twoDigits + (twoDigits >= 50 ? 1900 : 2000);
}
