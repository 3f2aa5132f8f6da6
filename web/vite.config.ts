import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The pages of the web view; paths are relative, so that they work behind any prefix of a proxy. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  logLevel: "warn",
  build: {
    outDir: fileURLToPath(new URL("../dist/pages", import.meta.url)),
    emptyOutDir: true,
    // An inlined file would be a data: URL in a style sheet.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
