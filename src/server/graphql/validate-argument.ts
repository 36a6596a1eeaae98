/**
 * Checks an input object by its class-validator rules and reports all broken rules in one error, by path. TypeGraphQL calls
 * this for each argument. Lists are skipped: each of their items is checked, and fails, on its own.
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
