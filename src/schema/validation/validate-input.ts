/** Returns the broken rules of an input object by path and rule. The messages are ours, so they contain no value. */
import { type ValidationError, validateSync } from "class-validator";
import type { InvalidValue } from "../../errors.ts";
import { keepsRules } from "./keeps-rules.ts";

/** @param path path of the object in the arguments. */
export function brokenRules(value: object, path: readonly string[]): InvalidValue[] {
  if (keepsRules(value)) return [];
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
