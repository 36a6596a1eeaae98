/**
 * Replaces graphql-js's errors about values, which quote the values, by one error. It lists all problems of the operation's
 * arguments by path and rule: those of GraphQL's types and those of the input classes. It runs only if graphql-js has rejected
 * the values, or would take long to: each of its up to fifty errors quotes a whole object.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { GatewayContext } from "../../../context.ts";
import { badUserInput, type InvalidValue } from "../../../errors.ts";
import { UserPfxCertificatesArgs } from "../../../schema/user-pfx-certificates-args.ts";
import { brokenRules } from "../../../schema/validation/validate-input.ts";
import { isAboutValue } from "../format-error.ts";
import { collectInputErrors, type InputErrorContext, ofLiteral } from "./collect-input-errors.ts";

/** The walk ends after this many problems; no reader needs more. */
const maxProblems = 100;
/** The number of properties of the largest input. */
const maxProperties = 10;
/** Longer than any property except a large file. Such a file is checked twice. */
const maxCharacters = 10_000;

interface Problems {
  readonly invalid: readonly InvalidValue[];
  /** False if there are more problems. */
  readonly isAll: boolean;
}

/** @param maxItems maximum number of inputs of one plural create. */
export function reportInvalidValues(maxItems: number): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, schema, request: { variables = {} } }) {
          if (!operation || !isUnwieldy(variables, maxItems)) return;
          const problems = (checksRules: boolean) =>
            invalidArguments(schema, document, operation, variables, { maxItems, checksRules });
          // A broken rule is an error of its field, found during execution. Only a wrong type fails the whole request.
          if (problems(false).invalid.length === 0) return;
          const { invalid, isAll } = problems(true);
          const originalError = badUserInput(invalid, isAll);
          throw new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 400 } } });
        },
        async willSendResponse({ errors, response, document, schema, request }) {
          if (response.body.kind !== "single" || document === undefined || !errors?.some(isAboutValue)) return;
          const operation = getOperationAST(document, request.operationName);
          if (!operation) return;
          const context = { maxItems, checksRules: true };
          const { invalid, isAll } = invalidArguments(schema, document, operation, request.variables ?? {}, context);
          if (invalid.length === 0) return;
          const { message } = badUserInput(invalid, isAll);
          const others = (response.body.singleResult.errors ?? []).filter((_, index) => !isAboutValue(errors[index]));
          response.body.singleResult.errors = [...others, { message, extensions: { code: "BAD_USER_INPUT", invalid } }];
        },
      };
    },
  };
}

/** Whether a variable, or an item of a variable, is larger than usual inputs. */
function isUnwieldy(variables: Readonly<Record<string, unknown>>, maxItems: number): boolean {
  return Object.values(variables).some((value) =>
    Array.isArray(value) ? value.length > maxItems || value.some(isLargeObject) : isLargeObject(value),
  );
}

function isLargeObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const properties: unknown[] = Object.values(value);
  return properties.length > maxProperties || properties.some(isLong);
}

function isLong(value: unknown): boolean {
  return typeof value === "string" && value.length > maxCharacters;
}

/**
 * Checks every argument of the operation and of its fragments. Paths begin with the argument's name. If a value replaces a
 * variable's default, the default's path begins with the variable's name.
 */
function invalidArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  how: Omit<InputErrorContext, "report">,
): Problems {
  const invalid = new Map<string, InvalidValue>();
  const enough = new Error("enough");
  const report = (problem: InvalidValue): void => {
    const key = `${problem.path} ${problem.message}`;
    if (invalid.size === maxProblems && !invalid.has(key)) throw enough;
    invalid.set(key, problem);
  };
  const context: InputErrorContext = { ...how, report };
  const typeInfo = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(typeInfo, {
    OperationDefinition: (node) => (node === operation ? undefined : false),
    VariableDefinition({ variable, defaultValue }) {
      const name = variable.name.value;
      const type = typeInfo.getInputType();
      if (!type || !defaultValue || !Object.hasOwn(variables, name)) return;
      collectInputErrors(type, ofLiteral(defaultValue, {}, operation), [name], false, context);
    },
    Argument(node) {
      const argument = typeInfo.getArgument();
      if (!argument) return;
      const source = ofLiteral(node.value, variables, operation);
      const value = collectInputErrors(
        argument.type,
        source,
        [node.name.value],
        argument.defaultValue !== undefined,
        context,
      );
      if (node.name.value === "first" && typeof value === "number") {
        brokenRules(Object.assign(new UserPfxCertificatesArgs(), { first: value }), []).forEach(report);
      }
    },
  });
  try {
    visit(document, visitor);
  } catch (error) {
    if (error !== enough) throw error;
    return { invalid: [...invalid.values()], isAll: false };
  }
  return { invalid: [...invalid.values()], isAll: true };
}
