import fc from "fast-check";

/** A password, and the parts of it that nothing may show. */
export interface Secret {
  readonly text: string;
  readonly parts: readonly string[];
}

/** A value for a variable or an argument, with the secret somewhere in it. */
export interface SecretValue {
  readonly value: string;
  readonly secret: Secret;
}

const SCHEMES = [
  "amqp",
  "amqps",
  "pyamqp",
  "AMQP",
  "redis",
  "rediss",
  "db+postgresql",
  "postgresql",
  "postgres",
  "postgresql+psycopg2",
  "http",
  "mongodb",
  "sqs",
];

/** Characters that mean something in a URL, in a connection string, in JSON or in a shell; alone and percent-encoded. */
const JOINTS = [
  "",
  "-",
  "@",
  ":",
  "/",
  "?",
  "#",
  "%",
  "%2",
  "%zz",
  "%41",
  "&",
  ";",
  "=",
  " ",
  "'",
  '"',
  "\\",
  "$",
  "+",
  "[",
  "ß",
  "€",
];

const secrets: fc.Arbitrary<Secret> = fc
  .record({ joint: fc.constantFrom(...JOINTS), encoded: fc.boolean() })
  .map(({ joint, encoded }) => ({
    text: `Sup3rS3${encoded ? encodeURIComponent(joint) : joint}cretW0rd`,
    parts: ["Sup3rS3", "cretW0rd"],
  }));

type Form = (scheme: string, secret: string) => string;

/** Where a password may stand, whole and broken. */
const FORMS: readonly Form[] = [
  (s, p) => `${s}://u:${p}@h:1234/v`,
  (s, p) => `${s}://:${p}@h:1234/0`,
  (s, p) => `${s}://u%3A${encodeURIComponent(p)}@h/v`,
  (s, p) => `${s}:/u:${p}@h:1234/v`,
  (s, p) => `${s}:u:${p}@h:1234/v`,
  (s, p) => `${s}//u:${p}@h:1234/v`,
  (s, p) => `${s};//u:${p}@h/v`,
  (s, p) => `${s}:///u:${p}@h/v`,
  (s, p) => `${s}:\\\\u:${p}@h\\v`,
  (_, p) => `//u:${p}@h:1234/v`,
  (_, p) => `u:${p}@h:1234/v`,
  (s, p) => `${s}://u:${p}@h:port/v`,
  (s, p) => `${s}://u:${p}@h:99999/v`,
  (s, p) => `${s}://u:${p}@h h2/v`,
  (s, p) => `${s}://u:${p}@[::1/v`,
  (s, p) => `${s}://u:${p}@h/v;other`,
  (s, p) => `${s}://u:${p}@h1;u:${p}@h2`,
  (s, p) => `${s}://h1/;${s}://u:${p}@h2/`,
  (s, p) => `${s}://u:${p}@h1/,${s}://u:${p}@h2/`,
  (s, p) => `${s}://u:${p}@h1,h2/v`,
  (s, p) => `${s}://h/d?user=u&password=${p}`,
  (s, p) => `${s}://u@h/d?sslpassword=${p}`,
  (s, p) => `${s}://u@h/d?auth=${encodeURIComponent(p)}`,
  (s, p) => `${s}://u@h/d?sslmode=require&token=${p}`,
  (s, p) => `${s}://h/d#${encodeURIComponent(p)}`,
  (_, p) => `host=h dbname=d user=u password=${p}`,
  (_, p) => `host=h dbname=d user=u password='${p.replaceAll(/['\\]/g, "\\$&")}'`,
  (_, p) => `password = ${p} host = h`,
  (_, p) => `Server=h;User Id=u;Password=${p};`,
  (_, p) => `jdbc:postgresql://h/d?user=u&password=${p}`,
  (s, p) => JSON.stringify({ url: `${s}://u:${p}@h/v` }),
  (_, p) => JSON.stringify({ password: p }),
  (s, p) => `export X=${s}://u:${p}@h/v`,
  (s, p) => `X=${s}://u:${p}@h/v`,
  (s, p) => `<${s}://u:${p}@h/v>`,
];

const WRAPPINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `"${value}"`,
  (value) => `'${value}'`,
  (value) => `"${value}`,
  (value) => `${value}'`,
  (value) => ` \t${value} `,
  (value) => `${value}\n`,
  (value) => `\ufeff${value}`,
];

/** Values of every form, wrapping, scheme and password. */
export const secretValues: fc.Arbitrary<SecretValue> = fc
  .record({
    secret: secrets,
    scheme: fc.constantFrom(...SCHEMES),
    form: fc.constantFrom(...FORMS),
    wrap: fc.constantFrom(...WRAPPINGS),
  })
  .map(({ secret, scheme, form, wrap }) => ({ secret, value: wrap(form(scheme, secret.text)) }));

/** The parts of the secret that a text shows. */
export function shownOf(text: string, secret: Secret): string[] {
  return secret.parts.filter((part) => text.includes(part));
}
