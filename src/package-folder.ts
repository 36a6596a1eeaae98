/** Where `package.json` and what else comes with the program is: above `src/`, and above `dist/`. */
export const packageFolder = new URL("../", import.meta.url);
