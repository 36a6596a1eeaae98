/**
 * A plugin for graphql-codegen: the files of `operations/` as one constant. The command line sends them to the letter, so that
 * an allow-list made of these files has them.
 */
const { readFileSync } = require("node:fs");

module.exports.plugin = (_schema, documents) => {
  const texts = documents
    .map(({ document, location }) => [document.definitions[0].name.value, readFileSync(location, "utf8")])
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, text]) => `  ${name}: ${JSON.stringify(text)},\n`);
  return `export const operationTexts = {\n${texts.join("")}} as const;\n`;
};
