/**
 * Coerces variables and arguments for a compiled operation. Everything that depends only on schema and document is computed
 * once. See `compile-operation.ts`.
 */
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getArgumentValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isNullableType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from "graphql";

/** Turns a client's value into an input value. Throws if graphql-js would report an error. */
type Coerce = (value: unknown) => unknown;

type Values = Record<string, unknown>;

/** @see https://spec.graphql.org/October2021/#sec-Coercing-Variable-Values */
export function variablesCoercion(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (given: Readonly<Values>) => Values {
  const variables = (operation.variableDefinitions ?? []).map(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode);
    const coerce = isInputType(type) ? coercion(type) : bailOut;
    const defaultOf = defaultValue && isInputType(type) ? () => valueFromAST(defaultValue, type) : undefined;
    return { name: variable.name.value, coerce, defaultOf, mayBeAbsent: isNullableType(type) };
  });
  return (given) => {
    const values: Values = {};
    for (const { name, coerce, defaultOf, mayBeAbsent } of variables) {
      if (Object.hasOwn(given, name)) values[name] = coerce(given[name]);
      else if (defaultOf !== undefined) values[name] = defaultOf();
      else if (!mayBeAbsent) return bailOut();
    }
    return values;
  };
}

/** @see https://spec.graphql.org/October2021/#sec-Input-Objects.Input-Coercion */
function coercion(type: GraphQLInputType): Coerce {
  if (isNonNullType(type)) {
    const inner = coercion(type.ofType);
    return (value) => inner(value) ?? bailOut();
  }
  if (isListType(type)) {
    const inner = coercion(type.ofType);
    return (value) => {
      if (value == null) return null;
      return Array.isArray(value) ? value.map((item) => inner(item)) : [inner(value)]; // JSON has no other iterables
    };
  }
  if (isInputObjectType(type)) return objectCoercion(type);
  return (value) => (value == null ? null : (type.parseValue(value) ?? bailOut()));
}

function objectCoercion(type: GraphQLInputObjectType): Coerce {
  // Computed on first use, because a type may contain itself.
  let fields: { name: string; coerce: Coerce; defaultValue: unknown; mayBeAbsent: boolean }[] | undefined;
  const fieldsOfType = () =>
    Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => {
      return { name, coerce: coercion(fieldType), defaultValue, mayBeAbsent: isNullableType(fieldType) };
    });
  return (value) => {
    fields ??= fieldsOfType();
    if (value == null) return null;
    if (type.isOneOf || typeof value !== "object" || Array.isArray(value)) return bailOut();
    const values: Values = {};
    let unread = 0;
    for (const _ in value) unread += 1;
    for (const { name, coerce, defaultValue, mayBeAbsent } of fields) {
      const given: unknown = Reflect.get(value, name);
      if (given !== undefined) {
        values[name] = coerce(given);
        unread -= 1;
      } else if (defaultValue !== undefined) values[name] = defaultValue;
      else if (!mayBeAbsent) return bailOut();
    }
    return unread === 0 ? values : bailOut(); // the value has a property that the type does not have
  };
}

/**
 * Does the work of graphql-js's `getArgumentValues`. If every argument is a variable with a value, copying the values is
 * enough.
 */
export function argumentsFrom(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Readonly<Values>) => Values {
  const given = (node.arguments ?? []).map(({ name, value }) => ({
    name: name.value,
    variable: value.kind === Kind.VARIABLE ? value.name.value : undefined,
  }));
  const isSimple = given.length === field.args.length && given.every(({ variable }) => variable !== undefined);
  return (variables) => {
    if (!isSimple) return getArgumentValues(field, node, variables);
    const args: Values = {};
    for (const { name, variable = "" } of given) {
      const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
      if (value == null) return getArgumentValues(field, node, variables);
      args[name] = value;
    }
    return args;
  };
}

class Bailout extends Error {}

const bailout = new Bailout("bailout");

/** Gives up the compiled operation: graphql-js takes over and reports the error. */
export function bailOut(): never {
  throw bailout;
}
