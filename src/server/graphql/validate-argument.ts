/**
 * The class-validator rules of an input object, as one error that lists every broken one by path. TypeGraphQL calls it for
 * each argument. Lists are left alone: each of their items is judged, and refused, on its own.
 */
import { badUserInput } from "../../errors.ts";
import { UserPfxCertificatesArgs } from "../../schema/user-pfx-certificates-args.ts";
import { brokenRules } from "../../schema/validation/validate-input.ts";

/** @throws {GatewayError} `BAD_USER_INPUT` with `invalid`. */
export function validateArgument(value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const invalid = brokenRules(value, value instanceof UserPfxCertificatesArgs ? [] : ["input"]);
  if (invalid.length > 0) throw badUserInput(invalid);
}
