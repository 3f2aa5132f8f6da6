/** @throws an error that says what hung, when the promise has not settled in time; its own error when it fails before */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, whatHung: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(whatHung())), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
