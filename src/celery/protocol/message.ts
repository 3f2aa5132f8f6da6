export { decodeTaskMessage } from "./message-decode.js";
export { encodeTaskMessage, type OutgoingTask } from "./message-encode.js";
