/** The folder of `package.json` and the program's other files: the parent of `src/` and of `dist/`. */
export const packageFolder = new URL("../", import.meta.url);
