import { createClient } from "redis";
import { afterAll, beforeAll } from "vitest";
import { redisUrl } from "./services.js";

const open = () => createClient({ url: redisUrl() }).connect();

/** Gives a test file a client of the shared Redis; valid inside tests and hooks. */
export function useRedis(): { readonly current: Awaited<ReturnType<typeof open>> } {
  let client: Awaited<ReturnType<typeof open>> | undefined;
  beforeAll(async () => {
    client = await open();
  });
  afterAll(() => client?.destroy());
  return {
    get current() {
      if (client === undefined) throw new Error("opened by beforeAll: use it inside tests");
      return client;
    },
  };
}
