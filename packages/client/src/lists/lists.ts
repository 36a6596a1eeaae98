/**
 * `intune-pfx-client/lists`: the rules by which the command line `intune-pfx` reads lists of files and takes users and purposes
 * from names, for other programs that import many files. It runs in Node.js and in browsers.
 */
export { CsvProblem, type CsvRecord, findSeparator, readRecords, type Separator } from "./csv-records.ts";
export { csvRow } from "./csv-row.ts";
export { decodeText } from "./decode-text.ts";
export { nearest } from "./edit-distance.ts";
export type { InvalidRow, ListRow, UsableRow } from "./list-row.ts";
export { offeredPurposes, type PurposeChoice, purposeByName } from "./purpose.ts";
export { type List, readList } from "./read-list.ts";
export { userOfFile } from "./user-of-file.ts";
