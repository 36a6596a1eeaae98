/** The built command line and all that it imports as one file, and the licences of what is in it. */
import { join } from "node:path";
import { build } from "vite";

const rolldownNotice = `
## The runtime of rolldown (MIT)

Copyright (c) 2024-present Rolldown Team & Contributors; the text is the MIT License, as in LICENSE.txt.
`;

/** @returns {Promise<{ code: string, licenses: string }>} */
export async function bundle({ packageFolder, version }) {
  const { output } = await build({
    configFile: false,
    root: packageFolder,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [versionAsText(version)],
    ssr: { noExternal: true },
    build: {
      ssr: join(packageFolder, "dist/main.js"),
      write: false,
      target: "node20",
      license: { fileName: "licenses.md" },
      rolldownOptions: {
        // As with the gateway's bundle: the bundler takes calls for idle that are made for what they throw.
        treeshake: false,
        output: { minify: false, codeSplitting: false, entryFileNames: "intune-pfx.mjs" },
      },
    },
  });
  const files = new Map(output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]));
  const code = files.get("intune-pfx.mjs");
  const licenses = files.get("licenses.md");
  if (code === undefined || licenses === undefined || files.size !== 2) {
    throw new Error(`The bundle is ${[...files.keys()].join(", ")}, not intune-pfx.mjs and licenses.md.`);
  }
  return { code, licenses: `${licenses}${rolldownNotice}` };
}

/** The package's version is read from package.json, which the one file does without. */
function versionAsText(version) {
  const file = "/dist/help/version.js";
  let replaced = false;
  return {
    name: "version-as-text",
    transform(code, id) {
      if (!id.replaceAll("\\", "/").endsWith(file)) return null;
      if (!code.includes("export function version()")) throw new Error(`${file} no longer exports version().`);
      replaced = true;
      return { code: `export function version() { return ${JSON.stringify(version)}; }`, map: null };
    },
    buildEnd(error) {
      if (error === undefined && !replaced) throw new Error(`${file} is not in the bundle.`);
    },
  };
}
