/**
 * Walks a value, from a variable or a literal, along its GraphQL type. Reports every problem by path and rule, never by value.
 */
import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from "graphql";
import type { InvalidValue } from "../../../errors.ts";
import { base64Rule } from "../../../schema/base64.ts";
import { CreateUserPfxCertificateInput } from "../../../schema/create-user-pfx-certificate-input.ts";
import { dateTimeOffsetRule } from "../../../schema/date-time-offset.ts";
import { UpdateUserPfxCertificateInput } from "../../../schema/update-user-pfx-certificate-input.ts";
import { UserPfxCertificateFilter } from "../../../schema/user-pfx-certificate-filter.ts";
import { brokenRules } from "../../../schema/validation/validate-input.ts";

/** One value in the walk, from a variable or from a literal. */
export type InputNode =
  /** `isRequired`: the operation declares the variable non-null. */
  | { kind: "absent" | "null"; isRequired?: boolean }
  | { kind: "list"; length: number; items: readonly InputNode[] }
  | { kind: "object"; names: readonly string[]; field(name: string): InputNode }
  | { kind: "leaf"; value: unknown; literal?: ValueNode };

/** Settings of a walk. */
export interface InputErrorContext {
  /** May throw to end the walk. */
  report(problem: InvalidValue): void;
  /** Limit for a list of input objects. A longer list is one problem; its items are not checked. */
  readonly maxItems: number;
  /** Whether input objects are also checked by the rules of their class. */
  readonly checksRules: boolean;
}

/** An object with this many unknown properties is no accident; further properties are not checked. */
const maxUnknown = 101;

const invalidMark = Symbol("invalid");

const classes = new Map<string, new () => object>([
  ["CreateUserPfxCertificateInput", CreateUserPfxCertificateInput],
  ["UpdateUserPfxCertificateInput", UpdateUserPfxCertificateInput],
  ["UserPfxCertificateFilter", UserPfxCertificateFilter],
]);

/**
 * Wraps a variable's parsed JSON value. Nested values are wrapped only as deep as the type goes: a caller's deep nesting must
 * not overflow the stack.
 */
export function ofValue(value: unknown): InputNode {
  if (value === undefined) return { kind: "absent" };
  if (value === null) return { kind: "null" };
  if (Array.isArray(value)) {
    return {
      kind: "list",
      length: value.length,
      get items() {
        return value.map((item: unknown) => ofValue(item));
      },
    };
  }
  if (typeof value === "object") {
    return {
      kind: "object",
      get names() {
        return Object.keys(value);
      },
      field: (name) => ofValue(Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined),
    };
  }
  return { kind: "leaf", value };
}

/** Wraps a literal of the document, including the variables in it. */
export function ofLiteral(
  node: ValueNode,
  variables: Readonly<Record<string, unknown>>,
  operation: OperationDefinitionNode,
): InputNode {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const name = node.name.value;
      const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
      let source = ofValue(Object.hasOwn(variables, name) ? variables[name] : undefined);
      if (source.kind === "absent" && definition?.defaultValue) {
        source = ofLiteral(definition.defaultValue, {}, operation);
      }
      if (source.kind !== "absent" && source.kind !== "null") return source;
      return { kind: source.kind, isRequired: definition?.type.kind === Kind.NON_NULL_TYPE };
    }
    case Kind.NULL:
      return { kind: "null" };
    case Kind.LIST:
      return {
        kind: "list",
        length: node.values.length,
        get items() {
          return node.values.map((item) => ofLiteral(item, variables, operation));
        },
      };
    case Kind.OBJECT: {
      const fields = new Map(node.fields.map(({ name, value }) => [name.value, value]));
      return {
        kind: "object",
        names: [...fields.keys()],
        field(name) {
          const value = fields.get(name);
          return value === undefined ? { kind: "absent" } : ofLiteral(value, variables, operation);
        },
      };
    }
    default:
      return { kind: "leaf", value: undefined, literal: node };
  }
}

/** Reports the problems of a value. Returns the value as a resolver would see it, or a mark if it is invalid. */
export function collectInputErrors(
  type: GraphQLInputType,
  source: InputNode,
  path: readonly string[],
  hasDefault: boolean,
  context: InputErrorContext,
): unknown {
  const refuse = (message: string): typeof invalidMark => {
    context.report({ path: path.join("."), message });
    return invalidMark;
  };
  if (source.kind === "null") return isNonNullType(type) || source.isRequired ? refuse("must not be null") : null;
  if (source.kind === "absent") {
    return source.isRequired || (isNonNullType(type) && !hasDefault) ? refuse("is required") : undefined;
  }
  if (isNonNullType(type)) return collectInputErrors(type.ofType, source, path, hasDefault, context);
  if (isListType(type)) {
    if (source.kind === "list" && source.length > context.maxItems && isInputObjectType(getNamedType(type))) {
      return refuse(`must have at most ${context.maxItems} items`);
    }
    const items = source.kind === "list" ? source.items : [source];
    const values = items.map((item, index) =>
      collectInputErrors(type.ofType, item, source.kind === "list" ? [...path, String(index)] : path, false, context),
    );
    return values.some((value) => value === invalidMark) ? invalidMark : values;
  }
  if (isInputObjectType(type)) {
    return source.kind === "object" ? collectObjectErrors(type, source, path, context) : refuse("must be an object");
  }
  if (type.name === "_Any") return undefined; // the resolver of federation's _entities checks it
  const rule = ruleOf(type);
  if (source.kind !== "leaf") return refuse(rule);
  try {
    return source.literal === undefined ? type.parseValue(source.value) : type.parseLiteral(source.literal, {});
  } catch (error) {
    // The messages of the gateway's own scalars say more, and have no part of the value.
    const isOwn = type.name === "DateTimeOffset" || type.name === "Base64";
    return refuse(isOwn && error instanceof GraphQLError ? error.message : rule);
  }
}

function collectObjectErrors(
  type: GraphQLInputObjectType,
  given: Extract<InputNode, { kind: "object" }>,
  path: readonly string[],
  context: InputErrorContext,
): unknown {
  const known = type.getFields();
  const unknown = given.names.filter((name) => !Object.hasOwn(known, name)).slice(0, maxUnknown);
  for (const name of unknown) context.report({ path: path.join("."), message: `has no property ${nameable(name)}` });
  const values: Record<string, unknown> = {};
  const invalidFields = new Set<string>();
  for (const field of Object.values(known)) {
    const source = given.field(field.name);
    const value = collectInputErrors(
      field.type,
      source,
      [...path, field.name],
      field.defaultValue !== undefined,
      context,
    );
    if (value === invalidMark) invalidFields.add(field.name);
    else if (value !== undefined) values[field.name] = value;
  }
  const InputClass = classes.get(type.name);
  if (InputClass === undefined || !context.checksRules) return values;
  const instance = Object.assign(new InputClass(), values);
  const broken = brokenRules(instance, path).filter(
    (problem) => !invalidFields.has(problem.path.slice(path.join(".").length + 1)),
  );
  for (const problem of broken) context.report(problem);
  return instance;
}

/** Repeats a caller's property name only if it looks like a name. */
function nameable(name: string): string {
  return /^[_A-Za-z][_0-9A-Za-z]{0,40}$/.test(name) ? name : "of that name";
}

function ruleOf(type: GraphQLInputType): string {
  if (isEnumType(type)) {
    return `must be one of ${type
      .getValues()
      .map(({ name }) => name)
      .join(", ")}`;
  }
  switch (String(type)) {
    case "String":
      return "must be a string";
    case "ID":
      return "must be a string or a whole number";
    case "Int":
      return "must be a 32-bit whole number";
    case "Boolean":
      return "must be true or false";
    case "DateTimeOffset":
      return dateTimeOffsetRule;
    case "Base64":
      return base64Rule;
    default:
      return `must be a ${String(type)}`;
  }
}
