export { type DecodeOptions, decodeTaskMessage } from "./message-decode.js";
export {
  type EncodedTaskMessage,
  type EncodeOptions,
  encodeTaskMessage,
  type OutgoingTask,
  type TaskMessageProperties,
} from "./message-encode.js";
