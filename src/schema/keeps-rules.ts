/**
 * Whether an input object keeps all of its class's rules: class-validator's own validators, looked up once per class. Its
 * `validateSync` collects and groups the metadata anew at every call, which costs more than the rest of a create's
 * validation; it is left to word what is broken. A class with anything unusual about it is left to it altogether.
 */
import { getMetadataStorage, ValidationTypes } from "class-validator";

type Check = (object: object, value: unknown) => boolean;

interface Property {
  name: string;
  /** All of them must hold, else the property is not looked at. */
  conditions: readonly Check[];
  rules: readonly Check[];
}

const plans = new WeakMap<object, readonly Property[] | null>();

/** False where a rule is broken, or where only class-validator can tell. */
export function keepsRules(object: object): boolean {
  const Class = object.constructor;
  let plan = plans.get(Class);
  if (plan === undefined) {
    plan = planFor(Class);
    plans.set(Class, plan);
  }
  if (plan === null) return false;
  for (const { name, conditions, rules } of plan) {
    const value: unknown = Reflect.get(object, name);
    if (!conditions.every((holds) => holds(object, value))) continue;
    for (const holds of rules) if (!holds(object, value)) return false;
  }
  return true;
}

/** Null where a class has no rules, or one of a kind that is not known here. */
function planFor(Class: object & { name: string }): Property[] | null {
  const storage = getMetadataStorage();
  const properties = new Map<string, { conditions: Check[]; rules: Check[] }>();
  for (const metadata of storage.getTargetValidationMetadatas(Class as never, "", false, false)) {
    const { type, propertyName: property, constraints, constraintCls, each } = metadata;
    if (each || metadata.groups?.length > 0 || metadata.validationTypeOptions) return null;
    const checks = properties.get(property) ?? { conditions: [], rules: [] };
    properties.set(property, checks);
    if (type === ValidationTypes.CONDITIONAL_VALIDATION) {
      checks.conditions.push((object, value) => Boolean(constraints[0](object, value)));
    } else if (type === ValidationTypes.NESTED_VALIDATION) {
      checks.rules.push((_, value) => value == null || (typeof value === "object" && keepsRules(value)));
    } else if (type === ValidationTypes.CUSTOM_VALIDATION || type === ValidationTypes.IS_DEFINED) {
      for (const { instance, async } of storage.getTargetValidatorConstraints(constraintCls)) {
        if (async) return null;
        const targetName = Class.name;
        checks.rules.push(
          (object, value) => instance.validate(value, { value, object, property, constraints, targetName }) === true,
        );
      }
    } else return null;
  }
  return properties.size === 0 ? null : [...properties].map(([name, checks]) => ({ name, ...checks }));
}
