import { readFileSync } from "node:fs";

/** Version of this package, from package.json. */
export const SOFTWARE_VERSION: string = packageVersion();

function packageVersion(): string {
  // Both src/celery and dist/celery are two levels below the package.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version?: string };
  return version ?? "0.0.0";
}
