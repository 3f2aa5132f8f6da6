export { decodeTaskMessage, NO_EMBED } from "./message-decode.js";
export { encodeTaskMessage, type OutgoingTask } from "./message-encode.js";
