// A kernel: pure computation that runs in a worker thread.
import type { KernelContext } from "@plosolver/celery-worker";

export function run(limit: number, context: KernelContext<number>): number {
  let count = 0;
  for (let n = 2; n <= limit; n++) {
    if (n % 10_000 === 0) context.progress(n);
    if (n % 1_000 === 0 && context.cancelled()) break;
    if (isPrime(n)) count += 1;
  }
  return count;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
