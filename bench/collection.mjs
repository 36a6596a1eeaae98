/**
 * A collection of any size for the stand-in for Graph, in pages of 1,000. A page is a copy of one page's bytes with the ids
 * written anew, so 100,000 records need no memory. The last record has a user and a purpose of its own.
 */
import { collectionPath, entity } from "./scenarios.mjs";

export const pageSize = 1000;
/** The user of the last record. */
export const lastUser = "last@contoso.example";

const idDigits = 12;
const idOf = (number) => `00000000-0000-4000-8000-${String(number).padStart(idDigits, "0")}`;
const record = JSON.stringify(entity(idOf(0)));
const stride = record.length + 1;
const digitsAt = record.indexOf(idOf(0)) + idOf(0).length - idDigits;
const records = Buffer.from(`${record},`.repeat(pageSize));

/**
 * The bytes of one page.
 *
 * @param count records of the whole collection. @param url the request's, with the origin. @param head everything of the page
 * before its records.
 */
export function pageOf(count, url, head) {
  const last = Buffer.from(
    JSON.stringify({ ...entity(idOf(count)), intendedPurpose: "smimeSigning", userPrincipalName: lastUser }),
  );
  const { origin, pathname, searchParams } = url;
  if (searchParams.has("$filter")) return Buffer.concat([head, last, Buffer.from("]}")]);
  const from = Number(searchParams.get("$skiptoken") ?? 0);
  const isLast = from + pageSize >= count;
  const length = isLast ? count - from - 1 : pageSize;
  const page = Buffer.from(records.subarray(0, length * stride));
  for (let index = 0; index < length; index++) {
    page.write(String(from + index + 1).padStart(idDigits, "0"), index * stride + digitsAt, "latin1");
  }
  if (isLast) return Buffer.concat([head, page, last, Buffer.from("]}")]);
  const next = `${origin}${pathname}?$skiptoken=${from + pageSize}`;
  return Buffer.concat([head, page.subarray(0, -1), Buffer.from(`],"@odata.nextLink":"${next}"}`)]);
}

/** Where the collection begins, below Graph's root. */
export const firstPagePath = `/v1.0${collectionPath}`;
