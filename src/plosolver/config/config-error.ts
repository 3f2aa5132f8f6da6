/** The environment cannot be used; the message names every bad variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
}
