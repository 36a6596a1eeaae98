/**
 * Reads the operations of a deployment that executes only known operations: a file in the format of Apollo's tools, or Relay's
 * map of ids to documents. All operations are checked at the start, because a broken operation is better found there than by a
 * user.
 */
import { readFileSync } from "node:fs";
import { GraphQLError, type GraphQLSchema, Kind, parse, specifiedRules, validate } from "graphql";
import { ConfigError } from "../../../config/read-env.ts";
import { attempt, decode } from "../../../config/text-file.ts";
import { isRecord } from "../../../json.ts";
import { maxTokens, withinLimits } from "../rules/document-limits.ts";
import { knownOperationTypes } from "../rules/known-operation-types.ts";

/** Documents by id. */
export type OperationManifest = ReadonlyMap<string, string>;

const variable = "PERSISTED_OPERATIONS_FILE";

/** @throws {ConfigError} that names every invalid operation of the file, and the reason. */
export function readOperationManifest(file: string, schema: GraphQLSchema): OperationManifest {
  const entries = entriesOf(parseFile(file));
  if (entries === undefined) {
    throw new ConfigError([`${variable}: must hold an apollo-persisted-query-manifest, version 1, or a map of ids`]);
  }
  const problems: string[] = [];
  const manifest = new Map<string, string>();
  for (const [index, [id, body]] of entries.entries()) {
    const rule =
      problemOf(id, body, schema) ?? (manifest.has(String(id)) ? "has the same id as another operation" : undefined);
    if (rule !== undefined) problems.push(`${variable}: operation ${index + 1} ${rule}`);
    else manifest.set(String(id), String(body));
  }
  if (entries.length === 0) problems.push(`${variable}: has no operations`);
  if (problems.length > 0) throw new ConfigError(problems);
  return manifest;
}

function parseFile(file: string): unknown {
  const bytes = attempt(() => readFileSync(file));
  if (bytes === undefined) throw new ConfigError([`${variable}: the file can't be read`]);
  const text = decode(bytes);
  if (text === undefined) {
    throw new ConfigError([`${variable}: the file must be in UTF-8, or in UTF-16 with a byte order mark`]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError([`${variable}: the file is not JSON`]);
  }
}

/** Returns the ids and documents of either format, unchecked. */
function entriesOf(file: unknown): [unknown, unknown][] | undefined {
  if (!isRecord(file)) return undefined;
  if (!("format" in file)) return Object.entries(file);
  const { format, version, operations } = file;
  if (format !== "apollo-persisted-query-manifest" || version !== 1 || !Array.isArray(operations)) return undefined;
  return operations.map((each: unknown) => (isRecord(each) ? [each.id, each.body] : [undefined, undefined]));
}

function problemOf(id: unknown, body: unknown, schema: GraphQLSchema): string | undefined {
  if (typeof id !== "string" || id === "" || typeof body !== "string") return "needs an id and a body";
  try {
    const document = parse(body, { maxTokens });
    if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION))
      return "has a document without an operation";
    const [error] = validate(schema, document, [...specifiedRules, withinLimits, knownOperationTypes]);
    return error && `can't be executed: ${error.message}`;
  } catch (error) {
    return `can't be executed: ${error instanceof GraphQLError ? error.message : "it is not a document"}`;
  }
}
