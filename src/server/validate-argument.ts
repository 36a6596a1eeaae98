/**
 * The class-validator rules of an input object, as one error that lists every broken one by path. TypeGraphQL calls it for
 * each argument; messages are ours, so no value can show in them.
 */
import { type ValidationError, validateSync } from "class-validator";
import { badUserInput, type InvalidValue } from "../errors.ts";
import { UserPfxCertificatesArgs } from "../schema/user-pfx-certificates-args.ts";

/** @throws {GatewayError} `BAD_USER_INPUT` with `invalid`. */
export function validateArgument(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const invalid = brokenRules(value, value instanceof UserPfxCertificatesArgs ? [] : ["input"]);
  if (invalid.length > 0) throw badUserInput(invalid);
}

/** @param path where the object stands in the arguments. */
export function brokenRules(value: object, path: readonly string[]): InvalidValue[] {
  const errors = validateSync(value, {
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  return errors.flatMap((error) => flatten(error, path));
}

function flatten({ property, constraints, children }: ValidationError, path: readonly string[]): InvalidValue[] {
  const here = [...path, property];
  return [
    ...Object.values(constraints ?? {}).map((message) => ({ path: here.join("."), message })),
    ...(children ?? []).flatMap((child) => flatten(child, here)),
  ];
}
