/**
 * The other subgraph: a directory of the people whose certificates the emulator has. It stands for whatever knows users
 * where you are; it has no authentication, since there is nothing here to protect.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { createYoga } from "graphql-yoga";

export const directorySdl = readFileSync(new URL("directory.graphql", import.meta.url), "utf8");

const domain = "contoso.onmicrosoft.com";

/** The emulator's people. The last number is a certificate's id; Lynne's was deleted since. */
export const people = [
  ["AdeleV", "Adele Vance", "Retail", "98794b3668484b9aa69eb36d2142cd86-fce3f9d69e9ce2d176ac3a32edf775a12dc66e6f"],
  ["AlexW", "Alex Wilber", "Marketing"],
  [
    "miriam.o'brien",
    "Miriam O'Brien",
    "Legal",
    "027ee982c502404da279b38c47b54b28-a73a6f6bf17c19c553fb450729de538e43b69e75",
  ],
  ["pat_fabrikam.com#EXT#", "Pat (Fabrikam)", "Guests"],
  ["DiegoS", "Diego Siciliani", "HR"],
  ["GradyA", "Grady Archie", "R&D"],
  ["HenriettaM", "Henrietta Mueller", "R&D"],
  ["IsaiahL", "Isaiah Langer", "Sales"],
  ["JoniS", "Joni Sherman", "Legal"],
  ["LeeG", "Lee Gu", "Manufacturing"],
  ["LynneR", "Lynne Robbins", "Retail", "50fc811bc32f490ea2d58fc296d53f90-0000000000000000000000000000000000000000"],
  ["NestorW", "Nestor Wilke", "Operations"],
].map(([name, displayName, department, mailCertificateId]) => ({
  userPrincipalName: `${name}@${domain}`,
  displayName,
  department,
  mailCertificate: mailCertificateId === undefined ? null : { id: mailCertificateId },
}));

/** User principal names mean the same in any case. */
const peopleByName = new Map(people.map((person) => [person.userPrincipalName.toLowerCase(), person]));

const schema = buildSubgraphSchema([
  {
    typeDefs: parse(directorySdl),
    resolvers: {
      Query: { me: () => people[0], users: () => people },
      User: {
        __resolveReference: ({ userPrincipalName }) => {
          const person = peopleByName.get(userPrincipalName.toLowerCase());
          return person && { ...person, userPrincipalName };
        },
      },
    },
  },
]);

/** @returns {Promise<{ url: string, close(): Promise<void> }>} once it listens on 127.0.0.1; port 0 takes a free one. */
export async function startDirectory(port) {
  const server = createServer(createYoga({ schema, logging: false, landingPage: false, graphiql: false }));
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
