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

/**
 * The emulator's people, with their object ids in Microsoft Entra. The last number is a certificate's id; Lynne's was deleted since.
 * Joni was `JoniS` when her certificate was imported, and has been renamed since.
 */
export const people = [
  [
    "AdeleV",
    "98794b36-6848-4b9a-a69e-b36d2142cd86",
    "Adele Vance",
    "Retail",
    "98794b3668484b9aa69eb36d2142cd86-fce3f9d69e9ce2d176ac3a32edf775a12dc66e6f",
  ],
  ["AlexW", "3cca81ab-5dc5-4d11-aedf-593fc079ff18", "Alex Wilber", "Marketing"],
  [
    "miriam.o'brien",
    "027ee982-c502-404d-a279-b38c47b54b28",
    "Miriam O'Brien",
    "Legal",
    "027ee982c502404da279b38c47b54b28-a73a6f6bf17c19c553fb450729de538e43b69e75",
  ],
  ["pat_fabrikam.com#EXT#", "db8e74f1-44ff-4033-a8f9-de4b1ce1ddb9", "Pat (Fabrikam)", "Guests"],
  ["DiegoS", "ef570ca1-5dbc-4956-a564-6768ab7913b4", "Diego Siciliani", "HR"],
  ["GradyA", "c497260c-0ac5-4394-a7eb-f363a22f16b4", "Grady Archie", "R&D"],
  ["HenriettaM", "f36ae664-253c-4739-aaf0-2768738b48b8", "Henrietta Mueller", "R&D"],
  ["IsaiahL", "f46b8db2-4591-4dd6-a188-5338c93ec77c", "Isaiah Langer", "Sales"],
  ["JoniM", "7561307e-278e-476e-a6e4-681eddee4ce0", "Joni Miller", "Legal"],
  ["LeeG", "abf9c03f-a13f-4a79-a483-56b4bf54418f", "Lee Gu", "Manufacturing"],
  [
    "LynneR",
    "50fc811b-c32f-490e-a2d5-8fc296d53f90",
    "Lynne Robbins",
    "Retail",
    "50fc811bc32f490ea2d58fc296d53f90-0000000000000000000000000000000000000000",
  ],
  ["NestorW", "2a36d07e-317a-41e9-a311-e084404213a5", "Nestor Wilke", "Operations"],
].map(([name, id, displayName, department, mailCertificateId]) => ({
  id,
  userPrincipalName: `${name}@${domain}`,
  displayName,
  department,
  mailCertificate: mailCertificateId === undefined ? null : { id: mailCertificateId },
}));

/** User principal names mean the same in any case. */
const peopleByName = new Map(people.map((person) => [person.userPrincipalName.toLowerCase(), person]));

const peopleById = new Map(people.map((person) => [person.id, person]));

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
      UserPfxCertificate: {
        __resolveReference: (reference) => reference,
        owner: ({ userId }) => peopleById.get(userId) ?? null,
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
