/**
 * Replaces graphql-js's complaints about values, which quote them, by one error that lists every problem of the operation's
 * arguments at once, by path and rule: of the type system and of the input classes' own rules alike. It runs only where
 * graphql-js has already refused.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { GatewayContext } from "../../context.ts";
import { badUserInput, type InvalidValue } from "../../errors.ts";
import { brokenRules } from "../../schema/broken-rules.ts";
import { UserPfxCertificatesArgs } from "../../schema/user-pfx-certificates-args.ts";
import { isAboutValue } from "../format-error.ts";
import { judge, ofLiteral } from "../judge-value.ts";

export const nameInvalidValues: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ errors, response, document, schema, request }) {
        if (response.body.kind !== "single" || document === undefined || !errors?.some(isAboutValue)) return;
        const operation = getOperationAST(document, request.operationName);
        if (!operation) return;
        const invalid = invalidArguments(schema, document, operation, request.variables ?? {});
        if (invalid.length === 0) return;
        const { message } = badUserInput(invalid);
        const others = (response.body.singleResult.errors ?? []).filter((_, index) => !isAboutValue(errors[index]));
        response.body.singleResult.errors = [...others, { message, extensions: { code: "BAD_USER_INPUT", invalid } }];
      },
    };
  },
};

/**
 * Every argument of the operation and of its fragments, judged. Paths begin with the argument's name; a variable's own
 * default, where a value takes its place, goes by the variable's.
 */
function invalidArguments(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): InvalidValue[] {
  const invalid = new Map<string, InvalidValue>();
  const report = (problem: InvalidValue) => void invalid.set(`${problem.path} ${problem.message}`, problem);
  const typeInfo = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(typeInfo, {
    OperationDefinition: (node) => (node === operation ? undefined : false),
    VariableDefinition({ variable, defaultValue }) {
      const name = variable.name.value;
      const type = typeInfo.getInputType();
      if (!type || !defaultValue || !Object.hasOwn(variables, name)) return;
      judge(type, ofLiteral(defaultValue, {}, operation), [name], false, report);
    },
    Argument(node) {
      const argument = typeInfo.getArgument();
      if (!argument) return;
      const source = ofLiteral(node.value, variables, operation);
      const value = judge(argument.type, source, [node.name.value], argument.defaultValue !== undefined, report);
      if (node.name.value === "first" && typeof value === "number") {
        brokenRules(Object.assign(new UserPfxCertificatesArgs(), { first: value }), []).forEach(report);
      }
    },
  });
  visit(document, visitor);
  return [...invalid.values()];
}
