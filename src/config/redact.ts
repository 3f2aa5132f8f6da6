const CREDENTIALS_IN_TEXT = /([a-z][a-z0-9+.-]*:\/\/)([^\s:@/]*):([^\s"]*)@/gi;
const CREDENTIALS_OF_URL = /^\s*([a-z][a-z0-9+.-]*:\/\/)([^:@/]*):(.*)@/is;
const SECRET_QUERY = /([?&](?:password|passwd|secret|token|sslpassword)=)[^&\s]*/gi;
const NEXT_URL = /;(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i;

/**
 * The URL (or several separated by `;`) with passwords replaced by `***`; user name, host and path stay readable.
 * Works on text that no URL parser accepts, so a malformed URL does not leak either.
 */
export function redactUrl(url: string): string {
  return url
    .split(NEXT_URL)
    .map((one) => one.replace(CREDENTIALS_OF_URL, "$1$2:***@").replace(SECRET_QUERY, "$1***"))
    .join(";");
}

/** Replaces the password of every URL inside a text, for example an error message, by `***`. */
export function redactText(text: string): string {
  return text.replace(CREDENTIALS_IN_TEXT, "$1$2:***@").replace(SECRET_QUERY, "$1***");
}
