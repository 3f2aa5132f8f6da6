import { join } from "node:path";
import { ensureComposeSecrets } from "./local/compose-env.js";
import { ROOT } from "./local/state.js";

/** `make env`: the passwords that compose.yaml asks for. */
const { added } = ensureComposeSecrets(join(ROOT, ".env"));
process.stdout.write(added.length === 0 ? ".env has every password.\n" : `New in .env: ${added.join(", ")}\n`);
