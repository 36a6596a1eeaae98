/**
 * Composes the supergraph of the gateway's `schema.graphql` and the directory's, without a network: `npm run compose`
 * writes `supergraph.graphql`, `npm run check` says whether it is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";
import { directorySdl } from "./directory.mjs";

const supergraphFile = new URL("supergraph.graphql", import.meta.url);

/** Where the subgraphs are unless a router is told otherwise. */
export const subgraphs = [
  {
    name: "pfx",
    url: "http://127.0.0.1:4001/graphql",
    typeDefs: parse(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8")),
  },
  { name: "directory", url: "http://127.0.0.1:4002/graphql", typeDefs: parse(directorySdl) },
];

/** @throws {Error} with every problem, where the subgraphs don't compose. */
export function compose() {
  const { supergraphSdl, errors } = composeServices(subgraphs);
  if (supergraphSdl === undefined) throw new Error(errors.map(({ message }) => message).join("\n"));
  return `${supergraphSdl.trim()}\n`;
}

/** The committed supergraph. */
export function readSupergraph() {
  return readFileSync(supergraphFile, "utf8");
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (!argv.includes("--check")) writeFileSync(supergraphFile, compose());
  else if (readSupergraph() !== compose()) {
    console.error("supergraph.graphql is out of date: npm run compose");
    exit(1);
  }
}
