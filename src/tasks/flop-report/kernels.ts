import { type Kernel, kernel } from "../../celery/kernel.js";
import type { ExpandInput, PlannedFlop } from "./expand-flops.js";

/** Chooses the flops of a report. */
export const expandKernel: Kernel<ExpandInput, PlannedFlop[]> = kernel(new URL("./expand-kernel.js", import.meta.url));
