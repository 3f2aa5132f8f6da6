export { parseJson } from "./json-parse.js";
export { type StringifyOptions, stringifyJson } from "./json-stringify.js";
export { PythonDateTime } from "./time.js";
export { Decimal, PythonDate, PythonTime, Uuid } from "./typed-values.js";
