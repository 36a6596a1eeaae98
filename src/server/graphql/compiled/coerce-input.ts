/** What goes into a plan: variables and arguments, coerced by what schema and document have settled once. See `plan.ts`. */
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

/** What a value of a client's becomes as input. Throws where graphql-js would have more to say. */
type Coerce = (value: unknown) => unknown;

type Values = Record<string, unknown>;

/** @see https://spec.graphql.org/October2021/#sec-Coercing-Variable-Values */
export function variablesCoercion(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (given: Readonly<Values>) => Values {
  const variables = (operation.variableDefinitions ?? []).map(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode);
    const coerce = isInputType(type) ? coercion(type) : fail;
    const defaultOf = defaultValue && isInputType(type) ? () => valueFromAST(defaultValue, type) : undefined;
    return { name: variable.name.value, coerce, defaultOf, mayBeAbsent: isNullableType(type) };
  });
  return (given) => {
    const values: Values = {};
    for (const { name, coerce, defaultOf, mayBeAbsent } of variables) {
      if (Object.hasOwn(given, name)) values[name] = coerce(given[name]);
      else if (defaultOf !== undefined) values[name] = defaultOf();
      else if (!mayBeAbsent) return fail();
    }
    return values;
  };
}

/** @see https://spec.graphql.org/October2021/#sec-Input-Objects.Input-Coercion */
function coercion(type: GraphQLInputType): Coerce {
  if (isNonNullType(type)) {
    const inner = coercion(type.ofType);
    return (value) => inner(value) ?? fail();
  }
  if (isListType(type)) {
    const inner = coercion(type.ofType);
    return (value) => {
      if (value == null) return null;
      return Array.isArray(value) ? value.map((item) => inner(item)) : [inner(value)]; // in JSON nothing else is iterable
    };
  }
  if (isInputObjectType(type)) return objectCoercion(type);
  return (value) => (value == null ? null : (type.parseValue(value) ?? fail()));
}

function objectCoercion(type: GraphQLInputObjectType): Coerce {
  // When it is first needed: a type may have itself in it.
  let fields: { name: string; coerce: Coerce; defaultValue: unknown; mayBeAbsent: boolean }[] | undefined;
  const fieldsOfType = () =>
    Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => {
      return { name, coerce: coercion(fieldType), defaultValue, mayBeAbsent: isNullableType(fieldType) };
    });
  return (value) => {
    fields ??= fieldsOfType();
    if (value == null) return null;
    if (type.isOneOf || typeof value !== "object" || Array.isArray(value)) return fail();
    const values: Values = {};
    let unread = 0;
    for (const _ in value) unread += 1;
    for (const { name, coerce, defaultValue, mayBeAbsent } of fields) {
      const given: unknown = Reflect.get(value, name);
      if (given !== undefined) {
        values[name] = coerce(given);
        unread -= 1;
      } else if (defaultValue !== undefined) values[name] = defaultValue;
      else if (!mayBeAbsent) return fail();
    }
    return unread === 0 ? values : fail(); // there is something in it that the type does not have
  };
}

/** graphql-js's `getArgumentValues`; where every argument is a variable with a value, that is all there is to it. */
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

const unusual = new Error("unusual");

/** Gives a plan up: graphql-js has more to say. */
export function fail(): never {
  throw unusual;
}
