export { createSharedMemory, type SharedMemory, wasm } from "../../wasm/shared-memory.js";
