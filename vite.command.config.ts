import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const DIST = fileURLToPath(new URL("dist/", import.meta.url));

/**
 * The `celery` command in few files, from what the compiler wrote: a start reads them instead of several hundred, half of
 * them kysely's and zod's. Threads and apps of users load the modules themselves.
 */
export default defineConfig({
  logLevel: "warn",
  publicDir: false,
  plugins: [addressesOfModules(), doorOfApps()],
  ssr: { noExternal: ["commander", "kysely", "prom-client", "zod"] },
  build: {
    ssr: true,
    target: "node20",
    minify: false,
    outDir: `${DIST}bundle`,
    emptyOutDir: true,
    rolldownOptions: {
      input: { main: `${DIST}cli/whole-command.js` },
      output: { comments: false, entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

/** What a module loads by its own address, it finds from the bundle too. */
function addressesOfModules(): Plugin {
  return {
    name: "addresses-of-modules",
    transform(code, id) {
      if (!id.startsWith(DIST) || !code.includes("import.meta.url")) return null;
      const address = `new URL(${JSON.stringify(`../${relative(DIST, id)}`)}, import.meta.url).href`;
      return { code: code.replaceAll("import.meta.url", address), map: null };
    },
  };
}

/** An app of a user's is told by the class that it imports itself, which is not the bundle's. */
function doorOfApps(): Plugin {
  return {
    name: "door-of-apps",
    enforce: "pre",
    resolveId(source, importer) {
      const isTold = importer === `${DIST}cli/session/app-loader.js` && source === "../../celery/index.js";
      return isTold ? { id: "../celery/index.js", external: true } : null;
    },
  };
}
