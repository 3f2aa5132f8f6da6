export { readPickle } from "./pickle-read.js";
export { writePickle } from "./pickle-write.js";
