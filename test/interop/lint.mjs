/** @graphql-eslint's recommendations for the schema, its connections and the operations; each exception with its reason. */
import { fileURLToPath } from "node:url";
import plugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { configs, parser, rules } = plugin;

/** The settings for a schema, given as text or as files, and for the operations. */
function settings(schema) {
  const shared = {
    plugins: { "@graphql-eslint": { rules } },
    languageOptions: {
      parser,
      parserOptions: {
        graphQLConfig: {
          schema: [`${root}test/interop/federation.graphql`, schema],
          documents: `${root}operations/*.graphql`,
        },
      },
    },
  };
  return [
    {
      ...shared,
      files: ["schema.graphql"],
      rules: {
        ...configs["flat/schema-recommended"].rules,
        ...configs["flat/schema-relay"].rules,
        // Graph's lists go forward only.
        "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
        // An id means something only together with its type, as a federation key: there is no Node interface.
        "@graphql-eslint/relay-edge-types": [
          "error",
          { shouldImplementNode: false, withEdgeSuffix: true, listTypeCanWrapOnlyEdgeType: false },
        ],
        // Fields are named as Graph names them.
        "@graphql-eslint/no-typename-prefix": "off",
        // A user's key is the user principal name; the others are parts of answers, not entities.
        "@graphql-eslint/strict-id-in-types": [
          "error",
          {
            exceptions: {
              types: ["User", "PageInfo", "UserPfxCertificateFailure", "UserPfxInvalidValue"],
              suffixes: ["Connection", "Edge", "Payload"],
            },
          },
        ],
      },
    },
    { ...shared, files: ["operations/*.graphql"], rules: configs["flat/operations-recommended"].rules },
  ];
}

const linter = () =>
  new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: settings(`${root}schema.graphql`) });

const complaints = (results) =>
  results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => `${filePath.slice(root.length)}:${line} ${ruleId}: ${message}`),
  );

/** What is wrong with the committed schema and operations. */
export async function lintAll() {
  return complaints(await linter().lintFiles(["schema.graphql", "operations/*.graphql"]));
}

/** What would be wrong with an operation. */
export async function lintOperation(text) {
  return complaints(await linter().lintText(text, { filePath: "operations/another.graphql" }));
}
