export { parseJson } from "./json-parse.js";
export { type StringifyOptions, stringifyJson } from "./json-stringify.js";
export { Decimal, PythonDate, PythonDateTime, PythonTime, Uuid } from "./typed-values.js";
